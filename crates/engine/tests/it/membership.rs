//! `in`, `any`, `all` and `exists` over subqueries: questions made at random over small tables full of NULLs, asked of
//! ade and of PostgreSQL.

use std::fmt::Write as _;

use ade_testing::Postgres;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType};

use crate::ade_database::AdeDatabase;
use crate::postgres_database::PostgresDatabase;

/// Groups of tables, and questions to each.
const GROUPS: usize = 8;
const QUESTIONS: usize = 25;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn value(&mut self) -> String {
        if self.below(4) == 0 { "null".to_owned() } else { (1 + self.below(3)).to_string() }
    }

    fn table(&mut self, name: &str, columns: &str) -> Vec<String> {
        let mut statements = vec![format!("create table {name} ({columns})")];
        let rows = (0..self.below(5)).map(|_| format!("({}, {})", self.value(), self.value())).collect::<Vec<_>>();
        if !rows.is_empty() {
            statements.push(format!("insert into {name} values {}", rows.join(", ")));
        }
        statements
    }

    fn test(&mut self) -> String {
        if self.below(8) == 0 {
            let negated = self.pick(&["in", "not in"]);
            let filter = self.pick(&["", " where b.k = a.k", " where b.j > a.i"]);
            return format!("(a.i, a.k) {negated} (select j, k from b{filter})");
        }
        let rows = self.pick(&[
            "select j from b",
            "select j from b",
            "select j from b where b.k = a.k",
            "select j from b where b.k = a.k",
            "select j from b where b.k > a.k",
            "select j from b where false",
            "select j from b where j is not null",
            "select max(j) from b",
            "select max(j) from b where b.k = a.k",
            "select count(*) from b where b.k = a.k",
            "select i from a",
            "select a.i from a",
            "select i from a as other where other.k = a.k",
            "select j + 1 from b where j is not null",
            "select distinct k from b",
            "select j from b order by j limit 2",
            "select j from b group by j",
            "select k from b where b.k = a.k group by k",
            "select j from b union all select k from b",
            "select j from (select j, k from b where k > 1) as a2",
            "select 2",
        ]);
        let value =
            self.pick(&["a.i", "a.i", "a.i", "i", "a.k", "a.i + a.k", "2", "null::int", "(select max(j) from b)"]);
        match self.below(6) {
            0 | 1 => format!("{value} in ({rows})"),
            2 | 3 => format!("{value} not in ({rows})"),
            4 => {
                let operator = self.pick(&["=", "<>", "<", "<=", ">", ">="]);
                let quantifier = self.pick(&["any", "all"]);
                format!("{value} {operator} {quantifier} ({rows})")
            }
            _ => format!("exists ({rows})"),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(4) {
                0 => self.pick(&["a.i > 1", "a.k is null", "a.i = a.k"]).to_owned(),
                _ => self.test(),
            };
        }
        let mut next = || self.condition(depth - 1);
        let (one, two, three) = (next(), next(), next());
        match self.below(8) {
            0 => one,
            1 => format!("not ({one})"),
            2 => format!("({one} and {two})"),
            3 => format!("({one} or {two})"),
            4 => format!("case when {one} then {two} else {three} end"),
            5 => format!("({one}) is null"),
            6 => format!("not ({one} and {two})"),
            _ => format!("coalesce({one}, {two})"),
        }
    }

    fn question(&mut self) -> String {
        let depth = self.below(3);
        let condition = self.condition(depth);
        match self.below(6) {
            0 => format!("select i, k, {condition} as x from a"),
            1 => format!("select count(*) filter (where {condition}), sum(case when {condition} then 1 end) from a"),
            2 => format!("with t as (select * from a) select i from t as a where {condition}"),
            _ => format!("select i, k from a where {condition}"),
        }
    }
}

fn rows(output: DBOutput<DefaultColumnType>) -> Vec<String> {
    let DBOutput::Rows { rows, .. } = output else { return vec![] };
    let mut rows = rows.into_iter().map(|row| row.join(" | ")).collect::<Vec<_>>();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_against_subqueries_know_null_from_false() {
    let server = Postgres::start().expect("PostgreSQL 15 is installed and starts");
    let mut dice = Dice(7);
    let (mut wrong, mut refused) = (String::new(), String::new());
    let mut refusals = 0;
    for group in 0..GROUPS {
        let mut postgres = PostgresDatabase::connect(&server.connection_string(), &format!("group_{group}")).await;
        let mut ade = AdeDatabase::new();
        let mut tables = dice.table("a", "i int, k int");
        tables.extend(dice.table("b", "j int, k int"));
        for statement in &tables {
            ade.run(statement).await.expect("a table");
            postgres.run(statement).await.expect("a table");
        }
        for _ in 0..QUESTIONS {
            let question = dice.question();
            let theirs = rows(postgres.run(&question).await.unwrap_or_else(|error| panic!("{question}: {error}")));
            match ade.run(&question).await.map(rows) {
                Ok(ours) if ours == theirs => {}
                Ok(ours) => {
                    let _ = writeln!(wrong, "{tables:?}\n{question}\n  ade:        {ours:?}\n  postgresql: {theirs:?}");
                }
                Err(error) => {
                    refusals += 1;
                    let _ = writeln!(refused, "{question}\n  {error}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(refusals * 50 < GROUPS * QUESTIONS, "{refusals} refused:\n{refused}");
}
