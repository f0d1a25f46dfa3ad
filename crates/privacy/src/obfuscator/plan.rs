//! How one column is treated: the treatment's work at the leaves of its type.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, FixedSizeListArray, GenericListArray, OffsetSizeTrait, StructArray, new_null_array,
    },
    compute::cast,
    datatypes::{DataType, Field, FieldRef, Fields},
};

use crate::{
    DataFamily, Keyring, Loss, Policy, PrivacyError, Treatment,
    encryption::Encryptor,
    pseudonym::{Pseudonymizer, fits_code},
    transform::{Failure, Redactor, Transform},
};

/// What is done to the arrays of a column, or of a field within it.
#[derive(Debug)]
pub(super) enum Plan {
    Keep,
    Drop,
    Null,
    Value {
        treatment: &'static str,
        transform: Box<dyn Transform>,
    },
    /// The values of a dictionary, which is then unpacked: treated values may repeat.
    Dictionary {
        plan: Box<Plan>,
        values: DataType,
    },
    List {
        plan: Box<Plan>,
        element: FieldRef,
    },
    /// The fields that come in, with their plans, and those that come out.
    Struct {
        plans: Vec<(String, Plan)>,
        fields: Fields,
    },
}

/// A failure with the treatment that it happened in.
#[derive(Debug)]
pub(super) struct Failed {
    failure: Failure,
    treatment: &'static str,
}

impl Failed {
    pub(super) fn at(self, column: &str, rows: usize) -> PrivacyError {
        let column = column.to_owned();
        match self.failure {
            Failure::TooLarge => PrivacyError::BatchTooLarge { column, rows },
            Failure::Arrow => PrivacyError::Arrow { column, treatment: self.treatment },
        }
    }
}

/// The plan for a column or field and the field that comes out, `None` for one that is dropped. Without a decision the
/// result is `None` and the path joins `unclassified`.
pub(super) fn column(
    path: &str,
    field: &Field,
    policy: &Policy,
    keyring: &Keyring,
    unclassified: &mut Vec<String>,
) -> Result<Option<(Plan, Option<FieldRef>)>, PrivacyError> {
    if let Some(decided) = policy.column(path) {
        let planned = treat(path, field, &decided.treatment, keyring)?;
        return Ok(Some(planned));
    }
    if let DataType::Struct(fields) = field.data_type()
        && policy.decides_within(path)
    {
        let (mut plans, mut outputs) = (Vec::new(), Vec::new());
        for child in fields {
            let path = format!("{path}.{}", child.name());
            if let Some((plan, output)) = column(&path, child, policy, keyring, unclassified)? {
                plans.push((child.name().clone(), plan));
                outputs.extend(output);
            }
        }
        if outputs.is_empty() {
            return Ok(Some((Plan::Drop, None)));
        }
        let fields = Fields::from(outputs);
        let output = changed(field, DataType::Struct(fields.clone()), false);
        return Ok(Some((Plan::Struct { plans, fields }, Some(output))));
    }
    unclassified.push(path.to_owned());
    Ok(None)
}

/// The plan for a treatment of a field, and the field that comes out.
fn treat(
    path: &str,
    field: &Field,
    treatment: &Treatment,
    keyring: &Keyring,
) -> Result<(Plan, Option<FieldRef>), PrivacyError> {
    let transform: Box<dyn Transform> = match treatment {
        Treatment::Keep => return Ok((Plan::Keep, Some(Arc::new(field.clone())))),
        Treatment::Drop => return Ok((Plan::Drop, None)),
        Treatment::Null => return Ok((Plan::Null, Some(Arc::new(field.clone().with_nullable(true))))),
        Treatment::Pseudonym { domain } => Box::new(Pseudonymizer::new(domain, keyring)),
        Treatment::Encrypt { domain } => Box::new(Encryptor::new(domain, keyring)),
        Treatment::Mask(mask) => Box::new(*mask),
        Treatment::Truncate(truncate) => Box::new(*truncate),
        Treatment::Bucket(bucket) => Box::new(bucket.clone()),
        Treatment::Redact(redact) => Box::new(Redactor::new(*redact)),
    };
    match leaf(field, treatment.name(), transform) {
        Some((plan, output)) => Ok((plan, Some(output))),
        None => Err(PrivacyError::DoesNotFit {
            column: path.to_owned(),
            data_type: field.data_type().clone(),
            treatment: treatment.to_string(),
            fits: fitting(field.data_type()),
        }),
    }
}

/// Brings the transform to the values: through dictionaries and lists.
fn leaf(field: &Field, treatment: &'static str, transform: Box<dyn Transform>) -> Option<(Plan, FieldRef)> {
    match field.data_type() {
        DataType::Dictionary(_, values) => {
            let inner = Field::new(field.name(), values.as_ref().clone(), field.is_nullable());
            let (plan, output) = leaf(&inner, treatment, transform)?;
            let output = changed(field, output.data_type().clone(), output.is_nullable());
            Some((Plan::Dictionary { plan: Box::new(plan), values: values.as_ref().clone() }, output))
        }
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
            let (plan, element) = leaf(element, treatment, transform)?;
            let output = match field.data_type() {
                DataType::LargeList(_) => DataType::LargeList(Arc::clone(&element)),
                DataType::FixedSizeList(_, size) => DataType::FixedSizeList(Arc::clone(&element), *size),
                _ => DataType::List(Arc::clone(&element)),
            };
            Some((Plan::List { plan: Box::new(plan), element }, changed(field, output, false)))
        }
        input => {
            let output = transform.output(input)?;
            let output = changed(field, output, transform.makes_nulls(input));
            Some((Plan::Value { treatment, transform }, output))
        }
    }
}

/// The field with another type, nullable also when it becomes so. Its metadata stays.
fn changed(field: &Field, data_type: DataType, makes_nulls: bool) -> FieldRef {
    let nullable = field.is_nullable() || makes_nulls;
    Arc::new(field.clone().with_data_type(data_type).with_nullable(nullable))
}

/// The names of the treatments that can be applied to a type, in the order of [`Treatment::NAMES`].
fn fitting(data_type: &DataType) -> Vec<&'static str> {
    let element = match data_type {
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
            return fitting(element.data_type());
        }
        DataType::Dictionary(_, values) => return fitting(values),
        other => other,
    };
    let family = DataFamily::of(element);
    let fits = |name: &&'static str| match *name {
        "pseudonym" | "encrypt" => fits_code(element),
        "mask" => matches!(family, DataFamily::Text | DataFamily::Integer | DataFamily::Decimal),
        "truncate" => matches!(
            family,
            DataFamily::Text
                | DataFamily::Integer
                | DataFamily::Float
                | DataFamily::Decimal
                | DataFamily::Date
                | DataFamily::Timestamp
        ),
        "bucket" => matches!(family, DataFamily::Integer | DataFamily::Float | DataFamily::Decimal),
        "redact" => matches!(family, DataFamily::Text | DataFamily::Binary | DataFamily::Struct),
        _ => true,
    };
    Treatment::NAMES.into_iter().filter(fits).collect()
}

impl Plan {
    /// Whether something comes out.
    pub(super) fn lands(&self) -> bool {
        !matches!(self, Self::Drop)
    }

    /// Adds what the treatment did not understand of `before`, which it made `after` of.
    pub(super) fn losses(&self, path: &str, before: &ArrayRef, after: &ArrayRef, losses: &mut Vec<Loss>) {
        match self {
            Self::Drop | Self::Keep | Self::Null => {}
            Self::Value { treatment, transform } => {
                let values = before.len() - before.logical_null_count();
                if values > 0 && transform.makes_nulls(before.data_type()) {
                    let lost = after.logical_null_count().saturating_sub(before.logical_null_count());
                    losses.push(Loss { column: path.to_owned(), treatment, lost, values });
                }
            }
            Self::Dictionary { plan, .. } => {
                // Values that no row has are none, so it is the rows that are counted.
                if let Ok(unpacked) = cast(before, after.data_type()) {
                    plan.losses(path, &unpacked, after, losses);
                }
            }
            Self::List { plan, .. } => {
                if let (Some(before), Some(after)) = (elements(before), elements(after)) {
                    plan.losses(path, &before, &after, losses);
                }
            }
            Self::Struct { plans, .. } => {
                let (before, mut after) = (before.as_struct().columns(), after.as_struct().columns().iter());
                for ((name, plan), before) in plans.iter().zip(before) {
                    if let Some(after) = plan.lands().then(|| after.next()).flatten() {
                        plan.losses(&format!("{path}.{name}"), before, after, losses);
                    }
                }
            }
        }
    }

    /// The treated array; `None` for a column that is dropped.
    pub(super) fn apply(&self, array: &ArrayRef) -> Result<Option<ArrayRef>, Failed> {
        Ok(Some(match self {
            Self::Drop => return Ok(None),
            Self::Keep => Arc::clone(array),
            Self::Null => new_null_array(array.data_type(), array.len()),
            Self::Value { treatment, transform } => {
                transform.apply(array).map_err(|failure| Failed { failure, treatment })?
            }
            Self::Dictionary { plan, values } => {
                let dictionary = array.as_any_dictionary();
                let Some(treated) = plan.apply(dictionary.values())? else { return Ok(None) };
                debug_assert_eq!(dictionary.values().data_type(), values);
                let keys = cast(dictionary.keys(), &DataType::Int64).map_err(|_| arrow_failed())?;
                arrow::compute::take(&treated, &keys, None).map_err(|_| arrow_failed())?
            }
            Self::List { plan, element } => list(array, plan, element)?,
            Self::Struct { plans, fields } => {
                let parent = array.as_struct();
                let mut children = Vec::with_capacity(fields.len());
                for ((_, plan), child) in plans.iter().zip(parent.columns()) {
                    children.extend(plan.apply(child)?);
                }
                let built =
                    StructArray::try_new_with_length(fields.clone(), children, parent.nulls().cloned(), parent.len());
                Arc::new(built.map_err(|_| arrow_failed())?)
            }
        }))
    }
}

/// The elements of lists, all in one.
fn elements(array: &ArrayRef) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::List(_) => Some(Arc::clone(array.as_list::<i32>().values())),
        DataType::LargeList(_) => Some(Arc::clone(array.as_list::<i64>().values())),
        DataType::FixedSizeList(..) => Some(Arc::clone(array.as_fixed_size_list().values())),
        _ => None,
    }
}

fn list(array: &ArrayRef, plan: &Plan, element: &FieldRef) -> Result<ArrayRef, Failed> {
    match array.data_type() {
        DataType::LargeList(_) => offset_list::<i64>(array, plan, element),
        DataType::FixedSizeList(_, size) => {
            let list = array.as_fixed_size_list();
            let values = plan.apply(list.values())?.ok_or_else(arrow_failed)?;
            let built = FixedSizeListArray::try_new(Arc::clone(element), *size, values, list.nulls().cloned());
            Ok(Arc::new(built.map_err(|_| arrow_failed())?))
        }
        _ => offset_list::<i32>(array, plan, element),
    }
}

fn offset_list<O: OffsetSizeTrait>(array: &ArrayRef, plan: &Plan, element: &FieldRef) -> Result<ArrayRef, Failed> {
    let list = array.as_list::<O>();
    let values = plan.apply(list.values())?.ok_or_else(arrow_failed)?;
    let built =
        GenericListArray::<O>::try_new(Arc::clone(element), list.offsets().clone(), values, list.nulls().cloned());
    Ok(Arc::new(built.map_err(|_| arrow_failed())?))
}

fn arrow_failed() -> Failed {
    Failed { failure: Failure::Arrow, treatment: "nested" }
}
