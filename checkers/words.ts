/** Words and numbers as proofs and evidence write them: `1,003 ms`, `2 holds`. */

/** A number with thousands separators and at most three decimals: `16,003.125`. */
export const numeral = (value: number): string => {
  // Most numbers are small and whole, and every run prints a dozen of them.
  if (Number.isInteger(value) && value > -1000 && value < 1000) return String(value)
  if (!Number.isFinite(value)) return String(value)
  const thousandths = Math.round(Math.abs(value) * 1000)
  const sign = value < 0 && thousandths > 0 ? '-' : ''
  return `${sign}${grouped(Math.floor(thousandths / 1000))}${fraction(thousandths % 1000)}`
}

const grouped = (whole: number): string => {
  let text = String(whole)
  for (let at = text.length - 3; at > 0; at -= 3) text = `${text.slice(0, at)},${text.slice(at)}`
  return text
}

const fraction = (thousandths: number): string =>
  thousandths === 0 ? '' : `.${String(thousandths).padStart(3, '0').replace(/0+$/, '')}`

/** A time or duration: `1,003 ms`. */
export const inMs = (ms: number): string => `${numeral(ms)} ms`

/** How many of something: `1 hold`, `2 holds`. */
export const countOf = (count: number, noun: string, plural = `${noun}s`): string =>
  `${numeral(count)} ${count === 1 ? noun : plural}`
