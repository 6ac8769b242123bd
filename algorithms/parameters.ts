/** Parameters of a lock, by name: what each means, its default, and how a written value is read. */

/** A duration in ms. */
export interface DurationParameter {
  readonly type: 'duration'
  readonly default: number
  readonly about: string
}
/** A whole number. */
export interface CountParameter {
  readonly type: 'count'
  readonly default: number
  readonly about: string
}
/** On or off. */
export interface FlagParameter {
  readonly type: 'flag'
  readonly default: boolean
  readonly about: string
}
/** One of a few words. */
export interface ChoiceParameter<Word extends string = string> {
  readonly type: 'choice'
  readonly default: Word
  readonly words: readonly Word[]
  readonly about: string
}

/** Any parameter. */
export type ParameterDefinition =
  DurationParameter | CountParameter | FlagParameter | ChoiceParameter
/** The parameters of one lock. */
export type ParameterDefinitions = Readonly<Record<string, ParameterDefinition>>

/** The values that an algorithm gets. */
export type ParameterValues<Definitions extends ParameterDefinitions> = {
  readonly [Name in keyof Definitions]: Definitions[Name] extends ChoiceParameter<infer Word>
    ? Word
    : Definitions[Name] extends FlagParameter
      ? boolean
      : number
}

/** A duration in ms; by custom its name ends in `Ms`. */
export const duration = (byDefault: number, about: string): DurationParameter => ({
  type: 'duration',
  default: byDefault,
  about,
})

/** A whole number of something. */
export const count = (byDefault: number, about: string): CountParameter => ({
  type: 'count',
  default: byDefault,
  about,
})

/** A switch. */
export const flag = (byDefault: boolean, about: string): FlagParameter => ({
  type: 'flag',
  default: byDefault,
  about,
})

/** One word of a list. */
export const oneOf = <const Word extends string>(
  words: readonly Word[],
  byDefault: NoInfer<Word>,
  about: string,
): ChoiceParameter<Word> => ({ type: 'choice', default: byDefault, words, about })
