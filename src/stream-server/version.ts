/** Of the wire protocol and of what the command line means; kept in step with package.json by a test. */
export const version = '0.1.0'
