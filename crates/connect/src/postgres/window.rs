//! A digest of the rows with which a read begins, for telling whether anything changed.

use super::database::Database;
use super::literal::identifier;
use super::reading::Reading;
use super::server_error::{ServerError, SessionError};
use super::session::Session;
use super::unit::{Piece, Unit, UnitCursor};
use crate::ConnectError;

/// A digest of the rows from `since` on, in whatever order the server gives them. It is keyed: it covers the raw values of all
/// columns, also of those that never land, and it is stored in the lake.
///
/// Rows of a set have no order, so their digests are added up, each a number of 256 bits. Who has not got the key can neither
/// tell a row from its digest, nor make two sets with the same sum.
pub(crate) async fn digest(
    session: &mut Session,
    database: &Database,
    unit: &Unit,
    cursor: &UnitCursor,
    since: &str,
) -> Result<String, ConnectError> {
    let failed = |error| database.failed(&unit.name, error);
    let window = Unit {
        cursor: Some(UnitCursor { since: Some(since.to_owned()), last: None, ..cursor.clone() }),
        limit: None,
        only: None,
        ..unit.clone()
    };
    let columns: Vec<String> = unit.columns.iter().map(|column| expression(column, unit.money_digits)).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut sum = Sum::default();
    for leaf in 0..window.leaves.len() {
        let piece = Piece { leaf, from: 0, to: None };
        let is_same = session.enter_leaf(&window.leaves[leaf]).await;
        let added = match is_same {
            Ok(true) => add(session, database, unit, &window.copy(&columns, &piece), &mut sum).await,
            Ok(false) => Err(ConnectError::SourceChanged { object: unit.name.clone() }),
            Err(error) => Err(failed(error)),
        };
        session.give_up().await.map_err(failed)?;
        session.leave().await.map_err(failed)?;
        added?;
    }
    let mut hasher = database.hasher(&unit.name)?;
    // What was asked for belongs to it: other columns are another window.
    let _ = hasher.update(columns.join(",").as_bytes()).update(&sum.count.to_le_bytes());
    for part in sum.parts {
        let _ = hasher.update(&part.to_le_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// A column as it is sent where nothing is promised: what decides is the source alone.
fn expression(column: &super::unit::UnitColumn, money_digits: i8) -> String {
    match column.source_type.kind() {
        super::source_type::TypeKind::Numeric => identifier(&column.name),
        _ => Reading::natural(&column.source_type, money_digits).expression(&column.name),
    }
}

async fn add(
    session: &mut Session,
    database: &Database,
    unit: &Unit,
    copy: &str,
    sum: &mut Sum,
) -> Result<(), ConnectError> {
    let failed = |error| database.failed(&unit.name, error);
    session.begin_copy(copy).await.map_err(failed)?;
    let mut head = 19;
    loop {
        while let Some(message) = session.buffered().map_err(failed)? {
            match message.kind {
                b'd' => {
                    // The head stands before the first row; what remains of it alone is the end, `-1`.
                    let row = message.content.get(std::mem::take(&mut head)..).unwrap_or_default();
                    if !row.is_empty() && row != [0xff, 0xff] {
                        let mut hasher = database.hasher(&unit.name)?;
                        sum.add(hasher.update(row).finalize().as_bytes());
                    }
                }
                b'c' => return session.end().await.map_err(failed),
                b'E' => return Err(failed(SessionError::Server(ServerError::parse(message.content)))),
                _ => {}
            }
        }
        session.fill().await.map_err(failed)?;
    }
}

/// Numbers of 256 bits, added up without carrying beyond their end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    /// The least first.
    parts: [u64; 4],
}

impl Sum {
    fn add(&mut self, digest: &[u8; 32]) {
        self.count += 1;
        let mut carry = false;
        for (part, bytes) in self.parts.iter_mut().zip(digest.as_chunks::<8>().0) {
            let (sum, over) = part.overflowing_add(u64::from_le_bytes(*bytes));
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            *part = sum;
            carry = over || over_again;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_has_no_order_and_counts() {
        let [one, two] = [[0xff; 32], [7; 32]];
        let sum = |digests: &[[u8; 32]]| {
            let mut sum = Sum::default();
            for digest in digests {
                sum.add(digest);
            }
            sum
        };
        assert_eq!(sum(&[one, two]), sum(&[two, one]));
        assert_ne!(sum(&[one, two]), sum(&[one, two, two]));
        assert_eq!(sum(&[one, [1; 32]]).parts[0], 0x0101_0101_0101_0100);
        assert_eq!(sum(&[one, [1; 32]]).parts[1], 0x0101_0101_0101_0101);
    }
}
