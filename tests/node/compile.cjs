// Compiles each JSON Schema of the command line in ajv's strict mode, and validates against the
// first one each document of standard input, a JSON list. Prints {schemas, documents}.
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const fs = require("fs");

function compiled(file) {
    const ajv = new Ajv({ strict: true, allErrors: true });
    addFormats(ajv);
    return ajv.compile(JSON.parse(fs.readFileSync(file, "utf8")));
}

const validators = process.argv.slice(2).map(compiled);
const documents = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = documents.map((document) => (validators[0](document) ? [] : validators[0].errors));
process.stdout.write(JSON.stringify({ schemas: validators.length, documents: answers }));
