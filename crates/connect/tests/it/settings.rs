//! Connectors describe themselves, and settings are held against that.

use std::sync::Arc;

use ade_connect::{
    BatchStream, ConnectError, Connection, Connector, ConnectorSpec, OpenContext, Registry, SettingKind,
    SettingProblem, SettingSpec, Settings, UnitEnd,
};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::source::object;

fn problems(connector: &str, settings: Value) -> Vec<SettingProblem> {
    Registry::builtin().get(connector).unwrap().spec().check_settings(&object(settings))
}

fn option_problems(options: Value) -> Vec<String> {
    let registry = Registry::builtin();
    let problems = registry.get("files").unwrap().spec().check_table_options(&object(options));
    problems
        .into_iter()
        .map(|problem| format!("{}: {} ({})", problem.setting, problem.message, problem.hint.unwrap_or_default()))
        .collect()
}

#[test]
fn all_problems_are_told_at_once_with_hints() {
    let found = problems("sqlite", json!({ "pth": "x", "busy_timeout_ms": "long" }));
    let found: Vec<_> = found
        .iter()
        .map(|problem| {
            (
                problem.setting.as_str(),
                problem.missing,
                problem.message.as_str(),
                problem.hint.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("pth", false, "unknown setting `pth`", "did you mean `path`?"),
            (
                "busy_timeout_ms",
                false,
                "`busy_timeout_ms`: expected a whole number from 0 to 600000, found other text",
                ""
            ),
            ("path", true, "setting `path` is missing", "add `path:` (a path): The database file."),
        ]
    );
    assert_eq!(problems("sqlite", json!({ "path": "${env:DB}", "busy_timeout_ms": "${env:MS}" })), []);
}

#[test]
fn options_of_tables_are_checked_too() {
    assert_eq!(
        option_problems(
            json!({ "format": "csv", "delimiter": "\\t", "null": ["", "NA"], "header": false, "quote": "none" })
        ),
        [""; 0]
    );
    assert_eq!(
        option_problems(
            json!({ "format": "cvs", "delimiter": "ab", "null": 5, "header": "yes", "max_field_bytes": 1 })
        ),
        [
            "format: `format`: expected one of avro, csv, excel, fixed_width, json, json_lines, parquet (did you mean `csv`?)",
            "delimiter: `delimiter`: expected one character, found other text (write one ASCII character, or \"\\t\")",
            "null: `null`: expected a list of texts, found a number ()",
            "header: `header`: expected true or false, found other text (write `true` or `false` without quotes)",
            "max_field_bytes: `max_field_bytes`: expected a whole number from 1024 to 268435456, found another number ()",
        ]
    );
}

#[test]
fn the_list_is_visible_and_what_is_not_in_it_is_named() {
    let registry = Registry::builtin();
    let names: Vec<_> = registry.connectors().map(|connector| connector.spec().name).collect();
    assert_eq!(names, ["events", "files", "kafka", "mysql", "postgres", "singer", "sqlite"]);
    let error = registry.get("oracle").err().unwrap();
    assert!(matches!(error, ConnectError::UnknownConnector { .. }));
    assert_eq!(
        error.to_string(),
        "there is no connector `oracle`; there are events, files, kafka, mysql, postgres, singer, sqlite"
    );
}

#[test]
fn the_same_description_makes_schema_and_reference() {
    for connector in Registry::builtin().connectors() {
        let spec = connector.spec();
        let schema = spec.json_schema();
        assert_eq!(
            (&schema["properties"]["type"]["const"], &schema["additionalProperties"]),
            (&json!(spec.name), &json!(false))
        );
        let required = spec.settings.iter().filter(|setting| setting.required).map(|setting| setting.name);
        assert_eq!(schema["required"], json!(std::iter::once("type").chain(required).collect::<Vec<_>>()));
        let reference = spec.markdown();
        for setting in spec.settings.iter().chain(&spec.table_options) {
            assert!(reference.contains(&format!("| `{}` |", setting.name)), "{}", setting.name);
            let default_fits = setting.default.as_ref().is_none_or(|default| {
                let given = object(json!({ setting.name: default }));
                spec.check_settings(&given)
                    .iter()
                    .chain(&spec.check_table_options(&given))
                    .filter(|problem| problem.setting == setting.name)
                    .count()
                    < 2
            });
            assert!(default_fits, "the default of `{}` does not fit its kind", setting.name);
        }
        assert!(spec.table_options(&object(json!({}))).is_ok());
    }
}

/// A connector from outside this crate: one table of one row.
struct Elsewhere(ConnectorSpec);

#[async_trait]
impl Connector for Elsewhere {
    fn spec(&self) -> &ConnectorSpec {
        &self.0
    }

    async fn open(&self, settings: &Settings, _: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        assert_eq!(settings.text("token"), Some("secret-value"));
        assert!(!format!("{settings:?}").contains("secret-value"));
        let reason = "this is as far as the test goes".to_owned();
        Err(ConnectError::SourceFailed { object: "elsewhere".to_owned(), reason })
    }
}

#[tokio::test]
async fn connectors_can_be_added_and_secrets_come_by_reference() {
    let spec = ConnectorSpec {
        name: "elsewhere",
        title: "Elsewhere",
        description: "A test.",
        settings: vec![SettingSpec::required("token", SettingKind::Text, "A token.").secret()],
        table_options: Vec::new(),
        incremental_needs_cursor: true,
    };
    let registry = Registry::builtin().with(Arc::new(Elsewhere(spec)));
    let connector = registry.get("elsewhere").unwrap();
    let inline = connector.spec().check_settings(&object(json!({ "token": "secret-value" })));
    assert_eq!(inline[0].message, "`token` is a secret and must not be written here");
    assert_eq!(connector.spec().check_settings(&object(json!({ "token": "${env:TOKEN}" }))), []);
    let settings = connector.spec().settings(&object(json!({ "token": "secret-value" }))).unwrap();
    let error = connector.open(&settings, &crate::source::context(".".as_ref())).await.err().unwrap();
    assert_eq!(error.id(), "source-failed");
}

#[tokio::test]
async fn a_stream_is_whole_or_an_error() {
    let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
    let batch = RecordBatch::new_empty(Arc::clone(&schema));
    let end = UnitEnd::new(0, Vec::new(), |_, batch_id| Some(json!(batch_id)));
    let good = BatchStream::from_batches(Arc::clone(&schema), stream::iter([Ok(batch.clone())]), end.clone());
    let (_, found) = crate::source::drain(good).await.unwrap();
    assert_eq!(found.position(None, "b"), Some(json!("b")));

    let broken = || ConnectError::SourceChanged { object: "x".to_owned() };
    let mut bad = BatchStream::from_batches(schema, stream::iter([Ok(batch.clone()), Err(broken()), Ok(batch)]), end);
    assert!(bad.next().await.unwrap().is_ok());
    assert!(bad.next().await.unwrap().is_err());
    assert!(bad.next().await.is_none() && bad.end().is_none());
}
