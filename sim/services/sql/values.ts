/** Expressions and conditions of statements, worked out by the server: its own now(), columns, comparisons. */

/** What a column of a row has in it. */
export type Value = string | number

/** The columns of a row besides its primary key. */
export type Columns = Readonly<Record<string, Value>>

/** A value that is known, or one that the server works out for each row. */
export type Expression =
  | Value
  /** The server's wall clock, plus a number of ms. */
  | { readonly kind: 'now'; readonly plusMs: number }
  /** Another column of the same row, as it was before the statement, plus a number. */
  | { readonly kind: 'column'; readonly name: string; readonly plus: number }
  /** The greatest of several (GREATEST, or CASE WHEN in older dialects). */
  | { readonly kind: 'greatest'; readonly of: readonly Expression[] }

/** New values of columns. */
export type Settings = Readonly<Record<string, Expression>>

/** How a column is compared with an expression, unless it is to equal it. */
export type Operator = '<' | '<=' | '>' | '>=' | '!='

/** A comparison that is not "equals". */
export interface Comparison {
  readonly kind: 'comparison'
  readonly operator: Operator
  readonly to: Expression
}

/** Conditions of columns, all of which must be true. A column that a row lacks is NULL, for which none is. */
type Conditions = Readonly<Record<string, Expression | Comparison>>

/** A WHERE: conditions that must all be true, or a list of such, of which one must be. */
export type Where = Conditions | readonly Conditions[]

/** now() of the server, plus a number of ms. */
export const now = (plusMs = 0): Expression => ({ kind: 'now', plusMs })

/** A column of the same row, plus a number. */
export const column = (name: string, plus = 0): Expression => ({ kind: 'column', name, plus })

/** The greatest of several expressions. */
export const greatest = (...of: readonly Expression[]): Expression => ({ kind: 'greatest', of })

/** A comparison for a WHERE: `{ expires: is('<=', now()) }`. */
export const is = (operator: Operator, to: Expression): Comparison => ({
  kind: 'comparison',
  operator,
  to,
})

/** What an expression is worth for a row; undefined is NULL. */
const evaluate = (
  expression: Expression,
  columns: Columns | undefined,
  nowMs: number,
): Value | undefined => {
  if (typeof expression !== 'object') return expression
  switch (expression.kind) {
    case 'now':
      return nowMs + expression.plusMs
    case 'column': {
      const value = columns?.[expression.name]
      return typeof value === 'number' ? value + expression.plus : value
    }
    case 'greatest': {
      // NULLs are ignored, as PostgreSQL's GREATEST does.
      let most: Value | undefined
      for (const each of expression.of) {
        const value = evaluate(each, columns, nowMs)
        if (value !== undefined && (most === undefined || value > most)) most = value
      }
      return most
    }
  }
}

/** The columns of a row after a statement set some of them. */
export const withSettings = (
  before: Columns | undefined,
  settings: Settings,
  nowMs: number,
): Columns => {
  const after: Record<string, Value> = { ...before }
  for (const name of Object.keys(settings)) {
    const value = evaluate(settings[name] as Expression, before, nowMs)
    if (value !== undefined) after[name] = value
  }
  return after
}

const compare = (left: Value, operator: Operator, right: Value): boolean => {
  switch (operator) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '!=':
      return left !== right
  }
}

const isComparison = (condition: Expression | Comparison): condition is Comparison =>
  typeof condition === 'object' && condition.kind === 'comparison'

const allTrue = (columns: Columns, conditions: Conditions, nowMs: number): boolean => {
  for (const name of Object.keys(conditions)) {
    const condition = conditions[name] as Expression | Comparison
    const compares = isComparison(condition)
    const left = columns[name]
    const right = evaluate(compares ? condition.to : condition, columns, nowMs)
    if (left === undefined || right === undefined) return false
    if (compares ? !compare(left, condition.operator, right) : left !== right) return false
  }
  return true
}

/** Whether a row is meant by a WHERE. */
export const matches = (columns: Columns, where: Where | undefined, nowMs: number): boolean => {
  if (where === undefined) return true
  if (!isList(where)) return allTrue(columns, where, nowMs)
  return where.some((conditions) => allTrue(columns, conditions, nowMs))
}

const isList = (where: Where): where is readonly Conditions[] => Array.isArray(where)
