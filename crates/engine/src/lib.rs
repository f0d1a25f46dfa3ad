//! SQL sessions over the lake: functions, PostgreSQL behaviour, limits.
