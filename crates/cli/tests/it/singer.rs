//! Singer taps, scripted and real, end to end.
mod basics;
mod crashes;
mod messages;
mod pages;
mod piping;
mod real;
mod recorded;
mod salesforce;
mod scripted;
