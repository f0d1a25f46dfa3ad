//! JSON Schemas of the file kinds.

use ade_project::file::schemas;

#[test]
fn every_kind_of_file_has_a_schema_with_descriptions() {
    let schemas = schemas();
    let names: Vec<&str> = schemas.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["ade", "dbt_project", "properties"]);
    for (name, schema) in &schemas {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let properties = schema["properties"].as_object().expect("a mapping");
        for (key, property) in properties {
            let described = property.get("description").is_some() || property.get("$ref").is_some();
            assert!(described, "`{key}` of {name} is not described");
        }
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
}

#[test]
fn places_in_files_are_no_part_of_schemas() {
    for (name, schema) in schemas() {
        assert!(!schema.to_string().contains("Spanned"), "{name}");
    }
}
