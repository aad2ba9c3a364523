/** Where this project is. Until it is published nobody owns it: the release puts the real address here, and wherever this one stands. */
export const ADDRESS = 'https://github.com/OWNER/function-sts-assume-role';
