//! The failing rows themselves.

use ade_engine::{Rows, Session};
use chrono::{DateTime, Utc};

use crate::{Check, QualityError, resolve::Relations};

/// All failing rows of a check, without regard to `limit`: for the table that `store_failures` asks for. Its columns are
/// those of [`Check::sql`].
///
/// # Errors
/// When the check's columns are not there or its SQL fails.
pub async fn failing_rows(session: &Session, check: &Check, now: DateTime<Utc>) -> Result<Rows, QualityError> {
    let check = Relations::new(session).resolve(check).await?;
    Ok(session.query(&check.sql(now)).await?)
}
