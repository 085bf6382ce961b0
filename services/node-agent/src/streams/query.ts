/** A flag of a query, as URL parameters or JSON carry it. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true' || value === '1';
