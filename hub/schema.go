package hub

import _ "embed" // for ChangeSchema

// ChangeSchemaID identifies the schema of the values on lead.changes, as the ce_dataschema header says.
const ChangeSchemaID = "urn:leadhub:lead.change:1"

// ChangeSchema is the JSON Schema of the values on lead.changes.
//
//go:embed change.schema.json
var ChangeSchema []byte
