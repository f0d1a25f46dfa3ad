//! What is observed, as those see it who ask with SQL.

use ade_meta::{
    Comparison, Meta, Observation, ObservationQuery, ObservedCondition, ObservedValue, ObservedValues, TaskStatus,
};

use crate::{
    run::{start, task},
    setup::{Fixture, id},
};

fn all(table: Observation) -> ObservationQuery {
    ObservationQuery { table, columns: Vec::new(), conditions: Vec::new(), limit: None }
}

fn place(table: Observation, name: &str) -> usize {
    table.columns().iter().position(|column| column.name == name).unwrap()
}

/// The rows of all pages, and how many there were.
async fn read(meta: &Meta, query: &ObservationQuery) -> (usize, usize, Vec<ObservedValues>) {
    let (mut rows, mut pages, mut values, mut after) = (0, 0, Vec::new(), None);
    loop {
        let page = meta.observe(query, after.as_ref()).await.unwrap();
        rows += page.rows;
        pages += 1;
        values.extend(page.columns);
        after = page.next;
        if after.is_none() {
            return (rows, pages, values);
        }
    }
}

#[tokio::test]
async fn every_row_comes_once_however_many_there_are() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let many = 20_000;
    let tasks: Vec<_> =
        (0..many).map(|number| task(id(1), &format!("model.shop.m{number}"), TaskStatus::Success)).collect();
    meta.record_tasks(&tasks).await.unwrap();
    let (rows, pages, columns) = read(&meta, &all(Observation::Tasks)).await;
    assert_eq!((rows, pages, columns.len()), (many, 3, 0), "who counts reads no column");
    let query = ObservationQuery { columns: vec![place(Observation::Tasks, "node")], ..all(Observation::Tasks) };
    let (.., columns) = read(&meta, &query).await;
    let texts = columns.into_iter().flat_map(|values| match values {
        ObservedValues::Texts(texts) => texts,
        ObservedValues::Numbers(_) => panic!("a node is a text"),
    });
    let mut nodes: Vec<String> = texts.flatten().collect();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), many);
}

#[tokio::test]
async fn only_what_is_asked_for_is_read() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    for number in 1..=3 {
        meta.start_run(&start(id(number))).await.unwrap();
        fixture.clock.advance(std::time::Duration::from_secs(1));
    }
    let table = Observation::Runs;
    let columns = vec![place(table, "run_id"), place(table, "started_at")];
    let latest = ObservationQuery { columns: columns.clone(), limit: Some(1), ..all(table) };
    let (rows, pages, values) = read(&meta, &latest).await;
    assert_eq!((rows, pages), (1, 1));
    let ObservedValues::Numbers(times) = &values[1] else { panic!("an instant is a number") };
    assert_eq!(values[0], ObservedValues::Texts(vec![Some(id(3).to_string())]));

    let at = times[0].unwrap();
    for (comparison, expected) in [
        (Comparison::Less, vec![2, 1]),
        (Comparison::AtMost, vec![3, 2, 1]),
        (Comparison::Equal, vec![3]),
        (Comparison::AtLeast, vec![3]),
        (Comparison::Greater, vec![]),
    ] {
        let condition =
            ObservedCondition { column: place(table, "started_at"), comparison, value: ObservedValue::Number(at) };
        let query = ObservationQuery { columns: columns.clone(), conditions: vec![condition], ..all(table) };
        let (.., values) = read(&meta, &query).await;
        let expected = expected.into_iter().map(|number| Some(id(number).to_string())).collect();
        assert_eq!(values[0], ObservedValues::Texts(expected), "{comparison:?}");
    }
    let process = ObservationQuery { columns: vec![place(table, "process")], limit: Some(1), ..all(table) };
    let (.., values) = read(&meta, &process).await;
    assert_eq!(values[0], ObservedValues::Texts(vec![Some(meta.process().to_string())]));
}

#[tokio::test]
async fn every_column_can_be_read() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    for table in [Observation::Runs, Observation::Tasks, Observation::Checks] {
        let columns: Vec<usize> = (0..table.columns().len()).collect();
        let (rows, ..) = read(&meta, &ObservationQuery { columns, ..all(table) }).await;
        assert_eq!(rows, 0);
    }
}
