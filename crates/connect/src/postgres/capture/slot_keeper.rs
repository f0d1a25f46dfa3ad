//! Sees to it that the slot is there, and that it does not keep more of the log than it may.

use std::time::{Duration, Instant};

use super::capture_settings::CaptureSettings;
use super::lsn::Lsn;
use super::slot::Slot;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;
use crate::{ConnectError, Note};

/// How long a slot may be in use by a session that is about to end: a program that was killed a moment ago.
const SLOT_PATIENCE: Duration = Duration::from_secs(15);

/// Sees to it that the slot is there. Gives what it has confirmed, and whether it was made now.
pub(crate) async fn keep_slot(
    session: &mut Session,
    name: &str,
    settings: &CaptureSettings,
    notes: &mut Vec<Note>,
) -> Result<(Lsn, bool), ConnectError> {
    let failed = |error: SessionError| error.of_reading(name, 0);
    let refused = |reason: &str, advice: String| ConnectError::Request {
        from: format!("log of {name}"),
        reason: reason.to_owned(),
        advice,
    };
    let begun = Instant::now();
    loop {
        let Some(slot) = Slot::find(session, name).await.map_err(failed)? else {
            return Ok((Slot::create(session, name).await?, true));
        };
        let here = session.query("select current_database()").await.map_err(failed)?;
        let here = here.into_iter().next().and_then(|row| row.into_iter().next()?);
        if slot.plugin.as_deref() != Some("pgoutput") || slot.database != here {
            return Err(refused(
                "there is a replication slot of this name that is not for this database's changes",
                "name another one by the connection's `slot`".to_owned(),
            ));
        }
        if let Some(process) = &slot.reader {
            if begun.elapsed() < SLOT_PATIENCE {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            return Err(refused(
                &format!("another program reads from the replication slot (server process {process})"),
                "wait until it has ended; if it is another project's, name a `slot` of your own".to_owned(),
            ));
        }
        let kept = slot.kept_bytes;
        let is_over = settings.limit_bytes.is_some_and(|limit| kept > limit);
        match slot.confirmed {
            Some(confirmed) if !is_over => {
                if settings.warn_bytes.is_some_and(|warn| kept > warn) {
                    notes.push(Note {
                        id: "log-kept",
                        message: format!(
                            "the database kept {} of its log for `{name}` when this run began: run more often, and see that \
                             no table of it is stopped",
                            mebibytes(kept)
                        ),
                    });
                }
                return Ok((confirmed, false));
            }
            lost => {
                let why = if lost.is_none() {
                    "the server has given up the log that it kept (its `max_slot_wal_keep_size`)".to_owned()
                } else {
                    format!("it kept {} of the log, which is over `slot_limit_mb`", mebibytes(kept))
                };
                Slot::remove(session, name).await.map_err(failed)?;
                notes.push(Note {
                    id: "slot-renewed",
                    message: format!(
                        "the replication slot `{name}` was made anew: {why}; all of its tables are read again"
                    ),
                });
            }
        }
    }
}

/// Makes the slot anew: what it keeps is from before its publication, and PostgreSQL reads the log as of then.
pub(crate) async fn renew_slot(session: &mut Session, name: &str, notes: &mut Vec<Note>) -> Result<(), ConnectError> {
    let begun = Instant::now();
    loop {
        match Slot::remove(session, name).await {
            Ok(()) => break,
            // In use, by the session that has just failed.
            Err(SessionError::Server(said)) if said.code == "55006" && begun.elapsed() < SLOT_PATIENCE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error.of_reading(name, 0)),
        }
    }
    Slot::create(session, name).await?;
    notes.push(Note {
        id: "slot-renewed",
        message: format!(
            "the replication slot `{name}` was made anew: its publication was made after it; all of its tables are read again"
        ),
    });
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
