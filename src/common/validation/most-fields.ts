const MOST_FIELDS = 'validation:most-fields';

/** More fields than any other DTO takes; class-validator's whitelist takes seconds for very many. */
const USUAL = 100;

/** Lets a DTO have more fields, at all levels together, than the pipe usually takes. */
export function MostFields(count: number): ClassDecorator {
  return (target) => Reflect.defineMetadata(MOST_FIELDS, count, target);
}

/** How many fields the input for this class may have. */
export function mostFieldsOf(target: object | undefined): number {
  return (target && (Reflect.getMetadata(MOST_FIELDS, target) as number | undefined)) ?? USUAL;
}
