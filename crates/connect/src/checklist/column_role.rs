//! What the name of a column says that it is for.

use arrow::datatypes::DataType;

use crate::ColumnInfo;
use crate::cursor_name::cursor_rank;

/// What a column is for, by its name and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnRole {
    /// When the row came.
    Created,
    /// When it was changed last.
    Updated,
    /// When it was deleted: NULL while it is not.
    DeletedAt,
    /// Whether it is deleted.
    IsDeleted,
    /// Whether it still counts.
    IsActive,
    /// A word for what has become of it.
    Status,
    /// Whether it is a test.
    IsTest,
    /// Whether it is not.
    IsLive,
    /// A word for the environment that it belongs to.
    Environment,
    /// What it was called in another system, or when it came from there.
    MigratedFrom,
    /// Whether it came from another system.
    IsMigrated,
    /// A word for where it came from.
    Origin,
    /// An address of mail.
    Email,
    /// The name of a person or company, or a title.
    Name,
}

const CREATED: [&str; 17] = [
    "created_at",
    "created_on",
    "created",
    "create_time",
    "create_date",
    "created_date",
    "created_time",
    "date_created",
    "creation_date",
    "creation_time",
    "inserted_at",
    "insert_date",
    "inserted",
    "added_at",
    "date_added",
    "registered_at",
    "erstellt_am",
];
const UPDATED: [&str; 6] =
    ["update_time", "updated_time", "updated_date", "change_date", "last_changed", "geaendert_am"];
const DELETED_AT: [&str; 10] = [
    "deleted_at",
    "deleted_on",
    "date_deleted",
    "deletion_date",
    "delete_time",
    "removed_at",
    "archived_at",
    "discarded_at",
    "trashed_at",
    "geloescht_am",
];
const IS_DELETED: [&str; 9] = [
    "is_deleted",
    "deleted",
    "is_removed",
    "removed",
    "is_archived",
    "archived",
    "discarded",
    "deleted_flag",
    "del_flag",
];
const IS_ACTIVE: [&str; 4] = ["is_active", "active", "is_enabled", "enabled"];
const STATUS: [&str; 3] = ["status", "state", "record_status"];
const IS_TEST: [&str; 10] = [
    "is_test",
    "test",
    "is_dummy",
    "is_demo",
    "is_sandbox",
    "sandbox",
    "is_fake",
    "test_mode",
    "is_test_account",
    "is_internal",
];
const IS_LIVE: [&str; 4] = ["livemode", "live_mode", "is_live", "is_production"];
const ENVIRONMENT: [&str; 3] = ["environment", "env", "mode"];
const IS_MIGRATED: [&str; 6] = ["is_migrated", "migrated", "is_imported", "imported", "is_legacy", "legacy"];
const MIGRATED: [&str; 12] = [
    "migrated_at",
    "imported_at",
    "migrated_on",
    "imported_on",
    "migrated_from",
    "imported_from",
    "migration_id",
    "import_id",
    "import_batch_id",
    "migration_batch",
    "migrated_id",
    "old_id",
];
const ORIGIN: [&str; 7] =
    ["source", "origin", "source_system", "origin_system", "data_source", "created_by", "channel"];
const NAME: [&str; 13] = [
    "name",
    "full_name",
    "first_name",
    "last_name",
    "given_name",
    "family_name",
    "surname",
    "username",
    "user_name",
    "login",
    "company",
    "company_name",
    "title",
];

/// What a column is for; `None` where its name says nothing of this, or its type something else.
pub(crate) fn role_of(column: &ColumnInfo) -> Option<ColumnRole> {
    let name = snake(&column.name);
    let is = |names: &[&str]| names.contains(&name.as_str());
    let time = column.data_type.is_temporal() || column.data_type.is_integer();
    let truth = column.data_type == DataType::Boolean || column.data_type.is_integer();
    let text = matches!(column.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    Some(match () {
        () if time && is(&CREATED) => ColumnRole::Created,
        () if time && (cursor_rank(&name).is_some() || is(&UPDATED)) => ColumnRole::Updated,
        () if (time || text) && is(&DELETED_AT) => ColumnRole::DeletedAt,
        () if truth && is(&IS_DELETED) => ColumnRole::IsDeleted,
        () if truth && is(&IS_ACTIVE) => ColumnRole::IsActive,
        () if text && is(&STATUS) => ColumnRole::Status,
        () if truth && is(&IS_TEST) => ColumnRole::IsTest,
        () if truth && is(&IS_LIVE) => ColumnRole::IsLive,
        () if text && is(&ENVIRONMENT) => ColumnRole::Environment,
        () if truth && is(&IS_MIGRATED) => ColumnRole::IsMigrated,
        () if is(&MIGRATED) || name.starts_with("legacy_") => ColumnRole::MigratedFrom,
        () if text && is(&ORIGIN) => ColumnRole::Origin,
        () if text && (name == "mail" || name.contains("email") || name.contains("e_mail")) => ColumnRole::Email,
        () if text && is(&NAME) => ColumnRole::Name,
        () => return None,
    })
}

/// `createdAt` and `Created-At` as `created_at`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut last = '_';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        // `createdAt`, and the last of capitals in `HTTPStatus`.
        let begins_word = last.is_lowercase()
            || last.is_ascii_digit()
            || (last.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase()));
        if letter.is_uppercase() && begins_word {
            out.push('_');
        }
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
        last = letter;
    }
    out.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    #[test]
    fn names_and_types_have_to_agree() {
        let role = |name: &str, data_type: DataType| {
            let source_type = String::new();
            role_of(&ColumnInfo { name: name.to_owned(), source_type, data_type, nullable: true, comment: None })
        };
        let time = || DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(role("createdAt", time()), Some(ColumnRole::Created));
        assert_eq!(role("DATE_CREATED", DataType::Date32), Some(ColumnRole::Created));
        assert_eq!(role("Updated At", time()), Some(ColumnRole::Updated));
        assert_eq!(role("deleted", DataType::Boolean), Some(ColumnRole::IsDeleted));
        assert_eq!(role("deleted", DataType::Utf8), None);
        assert_eq!(role("legacy_customer_no", DataType::Utf8), Some(ColumnRole::MigratedFrom));
        assert_eq!(role("contact_email", DataType::Utf8), Some(ColumnRole::Email));
        assert_eq!(role("created_by", DataType::Int64), None);
        assert_eq!(role("amount", DataType::Int64), None);
    }
}
