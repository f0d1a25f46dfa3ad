//! Many checks together find what each of them finds alone: what its own query of failing rows gives.

use ade_engine::Session;
use ade_quality::{Check, CheckKind, Subject};
use arrow::array::RecordBatch;
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any, prop_oneof},
    test_runner::{Config, TestCaseError, TestRunner},
};

use crate::setup::{check, column, integers, now, relation, run, session, table, texts};

type Row = (Option<i64>, Option<&'static str>, Option<i64>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let text = prop_oneof![Just("a"), Just("b"), Just("A"), Just(""), Just("it's"), Just("é")];
    vec((option::of(-3..6_i64), option::of(text), option::weighted(0.7, 0..4_i64)), 0..40)
}

fn subjects() -> impl Strategy<Value = Subject> {
    prop_oneof![Just(column("n")), Just(column("Other N")), Just(Subject::parse("n + \"Other N\""))]
}

fn kinds() -> impl Strategy<Value = CheckKind> {
    let bound = || option::of((-3..6_i64).prop_map(|bound| bound.to_string()));
    prop_oneof![
        subjects().prop_map(|subject| CheckKind::NotNull { subject }),
        Just(CheckKind::NotNull { subject: column("t") }),
        subjects().prop_map(|subject| CheckKind::Unique { subject }),
        vec(prop_oneof![Just("a"), Just("it's"), Just("é")], 0..3).prop_map(|values| CheckKind::AcceptedValues {
            subject: column("t"),
            values: values.into_iter().map(str::to_owned).collect(),
            quote: true,
        }),
        (subjects(), vec(0..5_i64, 0..3)).prop_map(|(subject, values)| CheckKind::AcceptedValues {
            subject,
            values: values.iter().map(ToString::to_string).collect(),
            quote: false,
        }),
        subjects().prop_map(|subject| CheckKind::Relationships { subject, to: relation("other"), field: column("id") }),
        (option::of(subjects()), -3..6_i64).prop_map(|(subject, bound)| {
            let rest = format!("> {bound}");
            let expression = if subject.is_some() { rest } else { format!("n {rest} or t = 'a'") };
            CheckKind::ExpressionIsTrue { subject, expression }
        }),
        (subjects(), bound(), bound(), any::<bool>())
            .prop_map(|(subject, min, max, inclusive)| CheckKind::AcceptedRange { subject, min, max, inclusive }),
        (option::of(0..40_u64), option::of(0..40_u64)).prop_map(|(min, max)| CheckKind::RowCount { min, max }),
    ]
}

fn checks() -> impl Strategy<Value = Vec<Check>> {
    let filter =
        prop_oneof![3 => Just(None), 1 => Just(Some("n > 0".to_owned())), 1 => Just(Some("t = 'a'".to_owned()))];
    let check = (kinds(), filter, option::weighted(0.2, 0..3_u64)).prop_map(|(kind, filter, limit)| Check {
        filter,
        limit,
        ..check(kind)
    });
    vec(check, 1..12)
}

async fn expected(session: &Session, check: &Check) -> u64 {
    let batches = session.query(&check.sql(now())).await.unwrap().collect().await.unwrap();
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    (rows as u64).min(check.limit.unwrap_or(u64::MAX))
}

#[test]
fn together_as_alone() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(rows(), vec(option::of(0..4_i64), 0..6), checks()), |(rows, ids, checks)| {
            let orders = table(vec![
                ("n", integers(&rows.iter().map(|row| row.0).collect::<Vec<_>>())),
                ("t", texts(&rows.iter().map(|row| row.1).collect::<Vec<_>>())),
                ("Other N", integers(&rows.iter().map(|row| row.2).collect::<Vec<_>>())),
            ]);
            let session = session(vec![("orders", orders), ("other", table(vec![("id", integers(&ids))]))]);
            runtime.block_on(async {
                let outcomes = run(&session, &checks).await;
                for (check, outcome) in checks.iter().zip(outcomes) {
                    let expected = expected(&session, check).await;
                    if outcome.failures != Some(expected) {
                        let text = format!("{check:?}\n{outcome:?}\nits query gives {expected}");
                        return Err(TestCaseError::fail(text));
                    }
                }
                Ok(())
            })
        })
        .unwrap();
}
