//! Operators.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Key, Value};
use crate::template::syntax::ast::{BinaryOp, CompareOp};

impl Value {
    /// Python's `==`.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined(_), Self::Undefined(_)) | (Self::None, Self::None) => true,
            (Self::Str(left), Self::Str(right)) => left.shared() == right.shared(),
            (Self::List(left), Self::List(right)) => Rc::ptr_eq(left, right) || same(&left.borrow(), &right.borrow()),
            (Self::Tuple(left), Self::Tuple(right)) => same(left, right),
            (Self::Set(left), Self::Set(right)) => {
                let (left, right) = (left.borrow(), right.borrow());
                left.len() == right.len() && left.iter().all(|item| right.iter().any(|known| known.equals(item)))
            }
            (Self::Dict(left), Self::Dict(right)) => {
                let (left, right) = (left.borrow(), right.borrow());
                left.len() == right.len()
                    && left.iter().all(|(key, value)| right.get(key).is_some_and(|found| found.equals(value)))
            }
            (Self::Relation(left), Self::Relation(right)) => left.to_string() == right.to_string(),
            (Self::Relation(relation), Self::Str(text)) | (Self::Str(text), Self::Relation(relation)) => {
                relation.to_string() == **text
            }
            (Self::Module(left), Self::Module(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => {
                Rc::ptr_eq(left, right) || left.as_time().is_some_and(|time| Some(time) == right.as_time())
            }
            (left, right) => match (left.as_int(), right.as_int()) {
                (Some(left), Some(right)) => left == right,
                _ => {
                    matches!((left.as_float(), right.as_float()), (Some(left), Some(right)) if left.total_cmp(&right).is_eq())
                }
            },
        }
    }

    /// Python's `<` and its relatives: numbers, texts, and sequences of them. `None` when they have no order.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Str(left), Self::Str(right)) => Some(left.shared().cmp(right.shared())),
            (Self::List(left), Self::List(right)) => order_items(&left.borrow(), &right.borrow()),
            (Self::Tuple(left), Self::Tuple(right)) => order_items(left, right),
            (Self::Object(left), Self::Object(right)) => left.as_time()?.partial_cmp(&right.as_time()?),
            (left, right) => match (left.as_int(), right.as_int()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left.as_float()?.partial_cmp(&right.as_float()?),
            },
        }
    }

    /// Whether `item in self`; `None` when `self` holds nothing.
    pub(crate) fn contains(&self, item: &Self) -> Option<bool> {
        match self {
            Self::Str(text) => match item {
                Self::Str(part) => Some(text.contains(&**part)),
                Self::None | Self::Undefined(_) => Some(false),
                other => Some(text.contains(&other.to_string())),
            },
            Self::Dict(entries) => Some(Key::of(item).is_some_and(|key| entries.borrow().contains_key(&key))),
            Self::None => None,
            other => other.items().map(|items| items.iter().any(|known| known.equals(item))),
        }
    }

    pub(crate) fn compare(&self, op: CompareOp, other: &Self) -> Result<bool, String> {
        let ordered = |accept: fn(Ordering) -> bool| {
            self.order(other).map(accept).ok_or_else(|| {
                format!(
                    "a value of type {} cannot be compared with one of type {}",
                    self.type_name(),
                    other.type_name()
                )
            })
        };
        let inside = || {
            other.contains(self).ok_or_else(|| format!("nothing can be inside a value of type {}", other.type_name()))
        };
        match op {
            CompareOp::Eq => Ok(self.equals(other)),
            CompareOp::Ne => Ok(!self.equals(other)),
            CompareOp::Lt => ordered(Ordering::is_lt),
            CompareOp::Le => ordered(Ordering::is_le),
            CompareOp::Gt => ordered(Ordering::is_gt),
            CompareOp::Ge => ordered(Ordering::is_ge),
            CompareOp::In => inside(),
            CompareOp::NotIn => inside().map(|found| !found),
        }
    }

    pub(crate) fn binary(&self, op: BinaryOp, other: &Self) -> Result<Self, String> {
        if let Some(found) = self.combine(op, other) {
            return Ok(found);
        }
        if let (Self::Str(format), BinaryOp::Rem) = (self, op) {
            let args = match other {
                Self::Tuple(items) => items.to_vec(),
                single => vec![single.clone()],
            };
            return crate::template::library::printf(format, &args).map(Self::from);
        }
        if let (Some(left), Some(right)) = (self.as_int(), other.as_int()) {
            return integers(op, left, right);
        }
        if let (Some(left), Some(right)) = (self.as_float(), other.as_float()) {
            return floats(op, left, right).map(Self::Float);
        }
        let sign = match op {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Rem => "%",
            BinaryOp::Pow => "**",
        };
        let types = format!("`{sign}` does not work between {} and {}", self.type_name(), other.type_name());
        let text = matches!(self, Self::Str(_)) || matches!(other, Self::Str(_));
        Err(if text && op == BinaryOp::Add {
            format!("{types}; `~` joins values of any type to a text")
        } else {
            types
        })
    }

    /// Operators on what is no number.
    fn combine(&self, op: BinaryOp, other: &Self) -> Option<Self> {
        match (self, op, other) {
            (Self::Str(left), BinaryOp::Add, Self::Str(right)) => Some(Self::from(format!("{}{}", &**left, &**right))),
            (Self::List(left), BinaryOp::Add, Self::List(right)) => {
                Some(Self::list(left.borrow().iter().chain(right.borrow().iter()).cloned()))
            }
            (Self::Tuple(left), BinaryOp::Add, Self::Tuple(right)) => {
                Some(Self::tuple(left.iter().chain(right.iter()).cloned()))
            }
            (Self::Set(left), BinaryOp::Sub, Self::Set(right)) => {
                let right = right.borrow();
                let kept = left
                    .borrow()
                    .iter()
                    .filter(|item| !right.iter().any(|gone| gone.equals(item)))
                    .cloned()
                    .collect::<Vec<_>>();
                Some(Self::set(kept))
            }
            (Self::Str(text), BinaryOp::Mul, count) | (count, BinaryOp::Mul, Self::Str(text)) => {
                Some(Self::from(text.repeat(repeats(count)?)))
            }
            (Self::List(items), BinaryOp::Mul, count) | (count, BinaryOp::Mul, Self::List(items)) => {
                let items = items.borrow();
                Some(Self::list((0..repeats(count)?).flat_map(|_| items.iter().cloned())))
            }
            (Self::Object(left), BinaryOp::Add | BinaryOp::Sub, Self::Object(right)) => {
                left.as_time()?.combine(op == BinaryOp::Add, right.as_time()?).map(Self::object)
            }
            _ => None,
        }
    }
}

/// How often to repeat; more than any text needs is refused.
fn repeats(count: &Value) -> Option<usize> {
    let count = count.as_int()?.max(0);
    usize::try_from(count).ok().filter(|count| *count <= 100_000)
}

fn same(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
}

fn order_items(left: &[Value], right: &[Value]) -> Option<Ordering> {
    for (left, right) in left.iter().zip(right) {
        if !left.equals(right) {
            return left.order(right);
        }
    }
    Some(left.len().cmp(&right.len()))
}

#[expect(clippy::cast_precision_loss, reason = "Python's true division of integers is a float")]
fn integers(op: BinaryOp, left: i64, right: i64) -> Result<Value, String> {
    let zero = || "division by zero".to_owned();
    let large = || "the result is too large".to_owned();
    let whole = |result: Option<i64>| result.map(Value::Int).ok_or_else(large);
    match op {
        BinaryOp::Add => whole(left.checked_add(right)),
        BinaryOp::Sub => whole(left.checked_sub(right)),
        BinaryOp::Mul => whole(left.checked_mul(right)),
        BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Rem if right == 0 => Err(zero()),
        BinaryOp::Div => Ok(Value::Float(left as f64 / right as f64)),
        // Python rounds down and the rest has the sign of the divisor.
        BinaryOp::FloorDiv => whole(
            left.checked_div(right)
                .map(|quotient| quotient - i64::from(left % right != 0 && (left < 0) != (right < 0))),
        ),
        BinaryOp::Rem => whole(
            left.checked_rem(right)
                .map(|rest| if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }),
        ),
        BinaryOp::Pow if right >= 0 => whole(u32::try_from(right).ok().and_then(|power| left.checked_pow(power))),
        BinaryOp::Pow => Ok(Value::Float((left as f64).powf(right as f64))),
    }
}

fn floats(op: BinaryOp, left: f64, right: f64) -> Result<f64, String> {
    match op {
        BinaryOp::Add => Ok(left + right),
        BinaryOp::Sub => Ok(left - right),
        BinaryOp::Mul => Ok(left * right),
        BinaryOp::Pow => Ok(left.powf(right)),
        BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Rem if right == 0.0 => Err("division by zero".to_owned()),
        BinaryOp::Div => Ok(left / right),
        BinaryOp::FloorDiv => Ok((left / right).floor()),
        BinaryOp::Rem => Ok(left - right * (left / right).floor()),
    }
}
