//! `ade privacy reveal`.
use std::sync::Arc;

use ade_engine::RelationName;
use ade_lake::At;
use ade_privacy::{
    Class, ColumnPolicy, Domain, Keyring, Obfuscator, Origin, Policy, Treatment, decrypt_text, key_id_of,
};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};

use super::reveal_record::RevealRecord;
use crate::command::{ReadAt, Statement};
use crate::error::RunError;
use crate::source::Landing;
use crate::workspace::Workspace;

/// What is to be shown to whom, and why.
#[derive(Debug, Clone)]
pub struct RevealRequest {
    /// `table.column`, with the table as `schema.table` or the name of a node.
    pub column: String,
    /// Other columns of the table that are shown beside it.
    pub beside: Vec<String>,
    /// Which rows, as a condition in SQL; `None`: any.
    pub condition: Option<String>,
    /// At most so many rows.
    pub limit: usize,
    /// Why.
    pub reason: String,
}

/// Plain values.
#[derive(Debug)]
pub struct Revealed {
    /// The columns beside, then the one that was revealed.
    pub columns: Vec<String>,
    /// Their values as text.
    pub rows: Vec<Vec<Option<String>>>,
    /// The id of the entry in `ade.reveals`.
    pub reveal_id: String,
}

impl Workspace {
    /// Decrypts values of an encrypted column. That it was done, by whom and why, is on record before anything is shown.
    pub async fn reveal(&self, request: &RevealRequest) -> Result<Revealed, RunError> {
        self.must_be_writable("ade privacy reveal")?;
        if request.reason.trim().is_empty() {
            let hint = "--reason \"ticket 4711: the customer asked for it\"".to_owned();
            return Err(RunError::usage("a reveal needs a reason, which is kept with it", hint));
        }
        let Some((table, column)) = request.column.rsplit_once('.') else {
            return Err(RunError::usage(
                format!("`{}` is no column of a table", request.column),
                "write TABLE.COLUMN".to_owned(),
            ));
        };
        let table = self.find_table(table).await?;
        let snapshot = self.lake.snapshot(&table, At::Latest).await?;
        let landing = snapshot.state().fingerprint.as_deref().and_then(Landing::parse);
        let landed = landing
            .as_ref()
            .and_then(|landing| landing.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)));
        let domain = landed.and_then(|(_, landed)| landed.encryption_domain());
        let Some(domain) = domain else {
            let what = match landed {
                Some((_, landed)) => format!("it landed as `{}`, from which there is no way back", landed.treatment()),
                None => format!("`{table}` has no column of a source with this name"),
            };
            return Err(RunError::usage(
                format!("`{}` cannot be revealed: {what}", request.column),
                "only columns with `treatment: encrypt` can; `ade privacy audit` lists what each column is".to_owned(),
            ));
        };
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let columns: Vec<String> = request.beside.iter().map(String::as_str).chain([column]).map(quoted).collect();
        let condition = request.condition.as_ref().map(|sql| format!(" where {sql}")).unwrap_or_default();
        let name = RelationName::new(table.schema(), table.table());
        let sql = format!("select {} from {}{condition} limit {}", columns.join(", "), name.to_sql(), request.limit);
        let statement = Statement::only("<reveal>", &sql)?;
        let answer = self.query(&statement, ReadAt::default(), Some(request.limit)).await?;
        let batch = answer.collect().await?;
        let rows = self.plain(&batch, &domain)?;
        let reveal = RevealRecord {
            reveal_id: self.world.ids.next(),
            person: self.person(),
            reason: request.reason.trim().to_owned(),
            table: table.to_string(),
            column: column.to_owned(),
            version: snapshot.version(),
            condition: request.condition.clone(),
            rows: rows.len() as u64,
            revealed_at: self.world.clock.now(),
        };
        self.record_reveal(&reveal).await?;
        let columns = batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Revealed { columns, rows, reveal_id: reveal.reveal_id.to_string() })
    }

    /// Who runs the program: as the environment calls them, which anybody can change, and by the number that the operating system knows.
    fn person(&self) -> String {
        let names = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| self.world.env_vars.get(name));
        let name = names.into_iter().find(|name| !name.is_empty()).map_or("unknown", String::as_str);
        self.world.user_id.map_or_else(|| name.to_owned(), |id| format!("{name} (uid {id})"))
    }

    /// The rows as text, with the last column decrypted.
    fn plain(&self, batch: &RecordBatch, domain: &Domain) -> Result<Vec<Vec<Option<String>>>, RunError> {
        let keys = self.keys()?;
        let shape = |_| RunError::Stamp { rows: batch.num_rows() };
        let texts = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
        let texts = texts.collect::<Result<Vec<ArrayRef>, _>>().map_err(shape)?;
        let mut rows = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let value =
                |column: &ArrayRef| column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned());
            let mut values: Vec<Option<String>> = texts.iter().map(value).collect();
            if let Some(Some(sealed)) = values.last_mut() {
                // Its own words say which key is needed when it is not at hand.
                let key = key_id_of(sealed).and_then(|id| keys.get(id)).unwrap_or_else(|| keys.current());
                *sealed = decrypt_text(sealed, domain, key)?.to_string();
            }
            rows.push(values);
        }
        Ok(rows)
    }
}

/// A text as treatment `encrypt` makes it in a domain: who has the key can read it.
pub(super) fn sealed(text: &str, domain: Domain, key: &Keyring) -> Result<String, RunError> {
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, true)]);
    let treatment = Treatment::Encrypt { domain };
    let decided = ColumnPolicy { column: "text".to_owned(), class: Class::FreeText, treatment, origin: Origin::Column };
    let obfuscator = Obfuscator::new(&schema, &Policy::new(vec![decided]), key)?;
    let values: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let batch = RecordBatch::try_new(Arc::new(schema), vec![values]).map_err(|_| RunError::Stamp { rows: 1 })?;
    Ok(obfuscator.apply(&batch)?.column(0).as_string::<i32>().value(0).to_owned())
}
