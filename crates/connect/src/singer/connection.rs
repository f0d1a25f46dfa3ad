//! A tap that is known to be there.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use serde_json::Value;

use super::catalog::{names, streams};
use super::demux::{DemuxSetup, RoundLimits};
use super::feed::{Channels, SingerFeed, read_input};
use super::part::natural_schema;
use super::position::Resume;
use super::program::TapProgram;
use super::said::Scrub;
use super::selection::select;
use crate::blocking::blocking;
use crate::{ConnectError, Connection, Feed, FeedRequest, PositionKey, Sample, Settings, Snapshot, TableInfo};

/// A tap that is known to be there.
#[derive(Clone)]
pub(crate) struct SingerConnection {
    pub(crate) program: TapProgram,
    /// A catalog that somebody keeps, instead of what the tap discovers.
    pub(crate) catalog: Option<PathBuf>,
    /// What a tap is given that never ran here.
    pub(crate) state: Option<PathBuf>,
    pub(crate) limits: (u64, Duration),
    pub(crate) key: Option<PositionKey>,
    pub(crate) threads: usize,
}

impl SingerConnection {
    fn catalog(&self) -> Result<Value, ConnectError> {
        match &self.catalog {
            Some(path) => read_json(path),
            None => self.program.discover(),
        }
    }

    fn start(&self, request: FeedRequest, feed: &mut SingerFeed, channels: Channels) -> Result<(), ConnectError> {
        let initial = self.state.as_deref().map(read_json).transpose()?;
        let mut resume = Resume::of(&request.tables, self.key.as_ref(), initial)?;
        let Channels { steps, landed } = channels;
        let mut setup = DemuxSetup {
            names: HashMap::default(),
            steps,
            landed,
            limits: RoundLimits { bytes: self.limits.0, time: self.limits.1, is_one: request.is_one_round },
            key: self.key.clone(),
            threads: self.threads,
            tables: request.tables,
            resume: Resume::default(),
        };
        if let Some(input) = request.input {
            // Who pipes it in knows where it goes on.
            resume.state = None;
            setup.resume = resume;
            return read_input("standard input", input, setup);
        }
        let mut catalog = self.catalog()?;
        let found = streams(&catalog);
        setup.names = names(&found);
        if let Some(missing) = select(&mut catalog, &setup.tables).first() {
            let known = found.iter().map(|stream| stream.id.as_str());
            let hint = ade_diagnostic::did_you_mean(missing, known)
                .unwrap_or_else(|| "`ade inspect` lists the streams that there are".to_owned());
            let within = format!("the catalog of `{}`", self.program.name());
            return Err(ConnectError::NotFound { what: "stream", from: missing.clone(), within, hint: Some(hint) });
        }
        let columns = found.iter().flat_map(|stream| stream.columns.iter().map(|column| column.name.clone()));
        let scrub = Scrub {
            secrets: self.program.secrets(),
            names: columns.chain(found.iter().flat_map(|stream| [stream.id.clone(), stream.name.clone()])).collect(),
        };
        let tap = self.program.start(Some(&catalog), resume.state.as_ref(), false)?;
        setup.resume = resume;
        feed.follow(self.program.name(), tap, scrub, setup)
    }
}

#[async_trait]
impl Connection for SingerConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        let this = self.clone();
        let found = blocking(self.program.name(), move || this.catalog()).await?;
        let mut tables: Vec<TableInfo> = streams(&found).iter().map(super::catalog::CatalogStream::info).collect();
        TableInfo::number_names(&mut tables);
        Ok(tables)
    }

    /// What a tap sends counts against quotas, so nothing is read for a look: names and types must do.
    async fn sample(&self, from: &str, _options: &Settings, _rows: usize) -> Result<Sample, ConnectError> {
        let this = self.clone();
        let found = streams(&blocking(self.program.name(), move || this.catalog()).await?);
        let stream = found.iter().find(|stream| stream.id == from);
        let schema = natural_schema(stream.map_or(&[], |stream| &stream.columns));
        Ok(Sample::from(RecordBatch::new_empty(Arc::new(schema))))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Err(ConnectError::Request {
            from: self.program.name().to_owned(),
            reason: "a tap sends its streams once, together".to_owned(),
            advice: "land them with `ade ingest`".to_owned(),
        })
    }

    async fn feed(&self, request: FeedRequest) -> Result<Box<dyn Feed>, ConnectError> {
        let this = self.clone();
        let feed = blocking(self.program.name(), move || {
            let (mut feed, channels) = SingerFeed::new();
            this.start(request, &mut feed, channels)?;
            Ok(feed)
        });
        Ok(Box::new(feed.await?))
    }
}

fn read_json(path: &std::path::Path) -> Result<Value, ConnectError> {
    let object = path.display().to_string();
    let text = std::fs::read(path).map_err(|source| ConnectError::Io { object: object.clone(), source })?;
    serde_json::from_slice(&text).map_err(|error| ConnectError::Malformed {
        place: Box::new(crate::Place::of(object).line(error.line() as u64)),
        reason: "it is not JSON".to_owned(),
        advice: "write it anew: a catalog with the tap's `--discover`".to_owned(),
    })
}
