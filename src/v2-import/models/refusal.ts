import { AppError } from '#domain/errors.ts'

/** The file is broken, cut short, or contradicts itself. */
export function damaged(what: string): AppError {
  return new AppError('FILE_INVALID', `${what}. Nothing of the file was used; copy it again from where it came, or save the model anew.`)
}

/** The file is whole, but of a kind or a size that is not read here. */
export function unsupported(what: string): AppError {
  return new AppError('FILE_INVALID', `${what}. Nothing of the file was used; save the model's state_dict with torch.save and import that.`)
}

/** The file asks for something that could run code if Python loaded it. There is no second, laxer way of reading. */
export function forbidden(what: string): AppError {
  return new AppError(
    'REFUSED',
    `${what}. Nothing of the file was used; do not load it in Python, and ask its maker for a plain state_dict.`,
  )
}
