//! What databases answer of the integration checklist.

mod mysql;
mod postgres;

use ade_connect::{Checklist, ChecklistRequest, Draft, DraftPrivacy, RowPredicate, Survey, TableInfo, Topic};
use serde_json::json;

use crate::source::Source;

/// As `ade inspect` asks for it.
async fn checklist(source: &Source) -> (Checklist, Vec<TableInfo>) {
    let opened = source.open().await;
    let tables = opened.browse().await.unwrap();
    let request = ChecklistRequest { tables: &tables, consumer: "ade_shop_dev" };
    let mut survey = Survey::new(&tables, opened.checklist(&request).await.unwrap());
    for table in &tables {
        let sample = opened.sample(&table.from, &source.options(json!({})), 1_000).await.unwrap();
        let counts = opened.count(table, &RowPredicate::of_table(table)).await.unwrap();
        survey.look_at(table, Some(&sample.rows), counts.as_ref());
    }
    (survey.finish(), tables)
}

/// `object: answer` of a topic.
fn answers(list: &Checklist, topic: Topic) -> Vec<String> {
    let of = list.findings.iter().filter(|finding| finding.topic == topic);
    let told = of.map(|finding| match &finding.object {
        Some(object) => format!("{object}: {}", finding.answer),
        None => finding.answer.clone(),
    });
    told.collect()
}

fn questions(list: &Checklist, topic: Topic) -> Vec<&str> {
    list.questions
        .iter()
        .filter(|question| question.topic == topic)
        .map(|question| question.question.as_str())
        .collect()
}

fn statements(list: &Checklist) -> Vec<&str> {
    list.statements.iter().map(|statement| statement.sql.as_str()).collect()
}

/// The lines of a draft that say how a table is read.
fn modes(list: &Checklist, tables: &[TableInfo]) -> Vec<String> {
    let draft = Draft::new("app", "app", tables, |_, _| DraftPrivacy::Open).advised(tables, list);
    draft.tables.iter().map(|table| format!("{} {:?}", table.name, table.mode)).collect()
}
