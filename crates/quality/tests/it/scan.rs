//! How often a table is read for its checks, and how many queries run at a time.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ade_engine::{Catalog, MemoryCatalog, Relation, RelationName, SqlError};
use ade_quality::{CheckKind, CheckStatus, Contract, ContractColumn, run_checks};
use async_trait::async_trait;

use crate::setup::{catalog, check, column, integers, now, relation, session_over, table, texts};

/// Counts the statements that name a table (a catalog is asked once for each), and those that are planned at one time.
#[derive(Debug)]
struct Counting {
    inner: MemoryCatalog,
    asked: AtomicUsize,
    planning: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Catalog for Counting {
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let planning = self.planning.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(planning, Ordering::SeqCst);
        // The others have their turn.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.planning.fetch_sub(1, Ordering::SeqCst);
        self.inner.relation(name).await
    }

    async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
        self.inner.names().await
    }
}

fn counting() -> Arc<Counting> {
    let orders = table(vec![
        ("id", integers(&[Some(1), Some(2), None])),
        ("amount", integers(&[Some(1), Some(2), Some(30)])),
        ("status", texts(&[Some("paid"), Some("lost"), None])),
    ]);
    let inner = catalog(vec![("orders", orders)]);
    Arc::new(Counting { inner, asked: 0.into(), planning: 0.into(), most: 0.into() })
}

#[tokio::test]
async fn what_can_be_counted_is_counted_in_one_scan() {
    let catalog = counting();
    let kinds = [
        CheckKind::NotNull { subject: column("id") },
        CheckKind::NotNull { subject: column("amount") },
        CheckKind::AcceptedRange { subject: column("amount"), min: None, max: Some("9".to_owned()), inclusive: true },
        CheckKind::AcceptedValues { subject: column("status"), values: vec!["paid".to_owned()], quote: true },
        CheckKind::ExpressionIsTrue { subject: None, expression: "amount > 0".to_owned() },
        CheckKind::RowCount { min: Some(1), max: None },
        CheckKind::Contract(Contract {
            columns: ["id", "amount", "status"]
                .map(|name| ContractColumn { name: name.to_owned(), data_type: None, nullable: false })
                .to_vec(),
            ..Contract::default()
        }),
    ];
    let checks = kinds.map(check);
    let outcomes = run_checks(&session_over(catalog.clone()), &checks, now(), NonZeroUsize::new(4).unwrap()).await;
    let failures: Vec<_> = outcomes.iter().map(|outcome| outcome.failures.unwrap()).collect();
    assert_eq!(failures, [1, 0, 1, 1, 0, 0, 2]);
    // Once for the columns, once for all rows.
    assert_eq!(catalog.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn no_more_queries_than_allowed_run_at_a_time() {
    let catalog = counting();
    let subjects = ["id", "amount", "status", "id", "amount", "status", "id"];
    let checks = subjects.map(|name| check(CheckKind::Unique { subject: column(name) }));
    let outcomes = run_checks(&session_over(catalog.clone()), &checks, now(), NonZeroUsize::new(3).unwrap()).await;
    assert!(outcomes.iter().all(|outcome| outcome.status == CheckStatus::Pass));
    assert_eq!(catalog.most.load(Ordering::SeqCst), 3);
    assert!(catalog.relation(&relation("orders")).await.unwrap().is_some());
}
