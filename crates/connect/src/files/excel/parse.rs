//! The rows of a sheet as evidence, and as batches.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::sheet::Cell;
use super::table::{Rows, Table, text_of};
use crate::files::columns::{Batches, value_error};
use crate::files::parallel::{Jobs, Stop};
use crate::value::{Evidence, Kinds};
use crate::{ColumnForm, ConnectError, Place};

/// Rows that are looked at together.
const CHUNK_ROWS: usize = 4_096;

/// What the columns of a table hold, whether any is empty in some row, and how many rows there are.
pub(crate) fn infer(table: &mut Table, limit: Option<usize>) -> Result<(Vec<(Evidence, bool)>, u64), ConnectError> {
    let width = table.names.len();
    let mut found = vec![(Evidence::default(), false); width];
    let mut count = 0;
    let (forms, mut buffer) = (table.forms.clone(), String::new());
    loop {
        let rows = table.rows(limit.unwrap_or(CHUNK_ROWS))?;
        if rows.numbers.is_empty() {
            return Ok((found, count));
        }
        count += rows.numbers.len() as u64;
        for (place, cell) in rows.cells.iter().enumerate() {
            let (evidence, has_gaps) = &mut found[place % width];
            match cell {
                None | Some(Cell::Error(_)) => *has_gaps = true,
                Some(Cell::Number(text)) => evidence.see(text.as_bytes()),
                Some(Cell::Boolean(_)) => evidence.add(Kinds::BOOLEAN),
                // Texts are not numbers, whatever they look like.
                Some(Cell::Text(text)) => match &forms[place % width] {
                    Some(form) => evidence.see_in(form, text, &mut buffer),
                    None => evidence.see_time(text.as_bytes()),
                },
                Some(Cell::Time(text)) => evidence.see_time(text.as_bytes()),
            }
        }
        if limit.is_some() {
            return Ok((found, count));
        }
    }
}

/// Reads the rows of a table into batches.
pub(crate) fn read(
    path: &str,
    mut table: Table,
    schema: &SchemaRef,
    batch_rows: usize,
    limit: Option<usize>,
    jobs: &Jobs<RecordBatch>,
) -> Result<(), Stop> {
    let width = table.names.len();
    let places = schema.fields().iter().map(|field| table.names.iter().position(|name| name == field.name()));
    let places: Arc<[Option<usize>]> = places.collect();
    let forms: Arc<[Option<ColumnForm>]> = table.forms.clone().into();
    loop {
        let rows = table.rows(limit.unwrap_or(batch_rows.max(1)))?;
        if rows.numbers.is_empty() {
            return Ok(());
        }
        let (path, schema, places) = (path.to_owned(), Arc::clone(schema), Arc::clone(&places));
        let forms = Arc::clone(&forms);
        jobs.submit(move |results| {
            let mut batches = Batches::new(&path, &schema, rows.numbers.len())?;
            let mut wrong: Option<(usize, ConnectError)> = None;
            for (index, (builder, place)) in batches.builders().iter_mut().zip(&*places).enumerate() {
                let texts = column(&rows, *place, width);
                let data_type = schema.field(index).data_type();
                let form = place.and_then(|place| forms[place].as_ref()).filter(|form| form.is_of(data_type));
                let usual = form.map(|form| in_form(form, data_type, &rows, *place, width));
                let usual = usual.as_ref().unwrap_or(&texts);
                if let Err(row) = builder.extend(usual.iter().map(Option::as_deref))
                    && wrong.as_ref().is_none_or(|(first, _)| row < *first)
                {
                    let field = schema.field(index);
                    let place = Place::of(&path).row(rows.numbers[row]).column(field.name());
                    wrong =
                        Some((row, value_error(place, field.data_type(), texts[row].as_deref().unwrap_or_default())));
                }
            }
            if let Some((_, error)) = wrong {
                return Err(Stop::Failed(error));
            }
            batches.add(rows.numbers.len(), results)?;
            batches.finish(results)
        })?;
        if limit.is_some() {
            return Ok(());
        }
    }
}

fn column(rows: &Rows, place: Option<usize>, width: usize) -> Vec<Option<String>> {
    let cell = |row: usize| rows.cells[row * width + place?].as_ref().and_then(text_of);
    (0..rows.numbers.len()).map(cell).collect()
}

/// The same, of which texts are written as `form` says. A number or a time of the sheet is one already.
fn in_form(
    form: &ColumnForm,
    data_type: &DataType,
    rows: &Rows,
    place: Option<usize>,
    width: usize,
) -> Vec<Option<String>> {
    let cell = |row: usize| match rows.cells[row * width + place?].as_ref()? {
        Cell::Text(text) => {
            let mut usual = String::new();
            form.push_usual(data_type, text, &mut usual);
            Some(usual)
        }
        other => text_of(other),
    };
    (0..rows.numbers.len()).map(cell).collect()
}
