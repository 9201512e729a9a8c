import type { ReactNode } from 'react'

/** What did not go, in the workstation's words. */
export function Problem({ text }: { readonly text: string | undefined }): ReactNode {
  if (text === undefined) return null
  return (
    <p className="wizard-problem" role="alert" data-testid="wizard-problem">
      {text}
    </p>
  )
}
