/** What is wrong with compressed data; whoever knows the file makes an `AppError` of it. */
export class CompressionError extends Error {}
