/** A customer's whole card, as `/api/customers` has it. */
export interface Card {
  id: number;
  version: number;
  name: string;
  numbers: string[];
  email: string;
  level: string;
  region: string;
  department: string;
  owner: string;
  notes: string;
  fields: Record<string, string>;
}

/** The body of a `PUT` that writes the card with one number more. Only what one writes may be in it. */
export function withNumber(card: Card, number: string): Omit<Card, "id"> {
  const { version, name, numbers, email, level, region, department, owner, notes, fields } = card;
  return { version, name, numbers: [...numbers, number], email, level, region, department, owner, notes, fields };
}
