/* oxlint-disable jsx-a11y/prefer-tag-over-role -- roving buttons with arrow keys */
import type { ButtonHTMLAttributes, InputHTMLAttributes, ReactNode, SelectHTMLAttributes } from 'react'
import { useId } from 'react'
import { Tooltip } from 'radix-ui'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'plain' | 'primary' | 'quiet' | 'grave'
  readonly size?: 'normal' | 'small'
}

export function Button({ kind = 'plain', size = 'normal', type = 'button', ...rest }: ButtonProps): ReactNode {
  return <button className="button" data-kind={kind} data-size={size} type={type} {...rest} />
}

/** An icon with a name: read out by assistive technology, shown on hover. */
export function IconButton({ label, children, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { readonly label: string }): ReactNode {
  return (
    <Hint text={label}>
      <button type="button" className="icon-button" aria-label={label} {...rest}>
        {children}
      </button>
    </Hint>
  )
}

/** The same inside a table: light enough for every row, and reached through the row, not by Tab. */
export function RowButton({ label, children, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { readonly label: string }): ReactNode {
  return (
    <button type="button" className="icon-button" tabIndex={-1} aria-label={label} title={label} {...rest}>
      {children}
    </button>
  )
}

export function Hint({ text, children }: { readonly text: string; readonly children: ReactNode }): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="floating tooltip" sideOffset={4} collisionPadding={8}>
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}

interface FieldProps {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly className?: string | undefined
}

function FieldFrame({
  label,
  hint,
  error,
  className,
  id,
  children,
}: FieldProps & { readonly id: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className={`field ${className ?? ''}`}>
      <label className="field-label" htmlFor={id}>
        <span>{label}</span>
        {hint !== undefined && <span className="hint">{hint}</span>}
      </label>
      <div className="field-box" data-invalid={error !== undefined}>
        {children}
      </div>
      {error !== undefined && (
        <span className="field-error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  )
}

type InputProps = FieldProps &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'size'> & { readonly unit?: string | undefined; readonly numeric?: boolean }

/** Label above, unit inside, limits beside, the error below in words. */
export function TextField({ label, hint, error, className, unit, numeric = false, ...input }: InputProps): ReactNode {
  const id = useId()
  return (
    <FieldFrame label={label} hint={hint} error={error} className={className} id={id}>
      <input
        id={id}
        className={numeric ? 'num' : undefined}
        inputMode={numeric ? 'decimal' : undefined}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        {...input}
      />
      {unit !== undefined && <span className="unit">{unit}</span>}
    </FieldFrame>
  )
}

export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...select
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  const id = useId()
  return (
    <FieldFrame label={label} hint={hint} error={error} className={className} id={id}>
      <select id={id} {...select}>
        {children}
      </select>
    </FieldFrame>
  )
}

export function Check({ label, ...input }: InputHTMLAttributes<HTMLInputElement> & { readonly label: string }): ReactNode {
  return (
    <label className="check">
      <input type="checkbox" {...input} />
      {label}
    </label>
  )
}

interface SegmentedProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly label: string; readonly testId?: string }[]
  readonly onChange: (value: T) => void
  readonly tone?: 'side' | undefined
}

/** One of few, all in sight. Arrow keys move the choice. */
export function Segmented<T extends string>({ label, value, options, onChange, tone }: SegmentedProps<T>): ReactNode {
  const step = (by: number): void => {
    const at = options.findIndex((option) => option.value === value)
    const next = options[(at + by + options.length) % options.length]
    if (next !== undefined) onChange(next.value)
  }
  return (
    <div
      className="segmented"
      role="radiogroup"
      aria-label={label}
      data-tone={tone}
      tabIndex={-1}
      onKeyDown={(event) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
        if (by === undefined) return
        event.preventDefault()
        step(by)
        const radios = event.currentTarget.querySelectorAll<HTMLElement>('[role=radio]')
        const at = options.findIndex((option) => option.value === value)
        radios[(at + by + options.length) % options.length]?.focus()
      }}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          data-value={option.value}
          data-testid={option.testId}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  )
}
