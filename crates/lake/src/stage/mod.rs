//! Staging: from arrivals to files that no commit mentions yet.

mod arrivals;
mod arriving_keys;
mod arriving_rows;
mod effect;
mod file_mask;
mod file_part;
mod file_reader;
mod file_stager;
mod finish;
mod key_converter;
mod key_probe;
mod key_set;
mod open;
mod partitions;
mod region_filter;
mod remains;
mod row_set;
mod row_spill;
mod search;
mod spill;
mod stage_plan;
mod stage_writer;
mod staged;
mod staged_files;
mod winners;

pub(crate) use file_reader::FileReader;
pub(crate) use file_stager::FileStager;
pub(crate) use finish::remove_files;
pub(crate) use open::open;
pub(crate) use stage_plan::file_prefix;
pub use stage_writer::StageWriter;
pub use staged::Staged;
pub(crate) use staged_files::StagedFiles;
