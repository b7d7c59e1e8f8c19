/*
 * Loads zod by `require()`: one file after another. An `import` opens the eighty files of zod at once,
 * forty languages among them, and fails where a process may have less than a hundred descriptors (Node
 * 20). The variable keeps Node from reading all the files a second time, in search of names.
 */
const zod = require("zod");
module.exports = zod;
