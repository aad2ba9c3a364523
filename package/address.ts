/** Where this project is. Absent until it is published: the release puts it here, and what shows it leaves it out until then. */
export const ADDRESS: string | undefined = undefined;
