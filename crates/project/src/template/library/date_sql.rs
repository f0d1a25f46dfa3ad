//! `dbt.…` macros about dates and times, as SQL that PostgreSQL and DataFusion both run.

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::Value;

use super::Native;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "dbt", name: "current_timestamp", call: |_, _| Ok(Value::from("current_timestamp")) },
    Native { module: "dbt", name: "current_timestamp_backcompat", call: |_, _| Ok(Value::from("current_timestamp")) },
    Native { module: "dbt", name: "snapshot_get_time", call: |_, _| Ok(Value::from("current_timestamp")) },
    Native { module: "dbt", name: "date_trunc", call: date_trunc },
    Native { module: "dbt", name: "dateadd", call: date_add },
    Native { module: "dbt", name: "datediff", call: date_diff },
    Native { module: "dbt", name: "last_day", call: last_day },
    Native { module: "dbt", name: "date", call: date },
    Native { module: "dbt_utils", name: "date_spine", call: date_spine },
    Native { module: "dbt", name: "date_spine", call: date_spine },
];

fn text(value: Option<Value>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn date_trunc(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [part, date] = args.bind("dbt.date_trunc", ["datepart", "date"], 2)?;
    Ok(Value::from(format!("date_trunc('{}', {})", text(part), text(date))))
}

/// PostgreSQL's intervals have no quarters.
fn unit(part: &str) -> (i64, String) {
    let part = part.trim().trim_matches('\'').to_lowercase();
    let part = part.strip_suffix('s').unwrap_or(&part).to_owned();
    if part == "quarter" { (3, "month".to_owned()) } else { (1, part) }
}

fn date_add(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [part, interval, from] = args.bind("dbt.dateadd", ["datepart", "interval", "from_date_or_timestamp"], 3)?;
    let (factor, unit) = unit(&text(part));
    let (interval, from) = (text(interval), text(from));
    Ok(Value::from(match interval.trim().parse::<i64>() {
        Ok(count) => format!("({from} + interval '{} {unit}')", count * factor),
        Err(_) => format!("({from} + (interval '{factor} {unit}') * ({interval}))"),
    }))
}

/// dbt's `datediff` counts how many boundaries of the part lie between.
fn date_diff(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [first, second, part] = args.bind("dbt.datediff", ["first_date", "second_date", "datepart"], 3)?;
    let (first, second, part) = (text(first), text(second), text(part).trim().trim_matches('\'').to_lowercase());
    let field = |name: &str, value: &str| format!("date_part('{name}', cast({value} as timestamp))");
    let years = format!("({} - {})", field("year", &second), field("year", &first));
    let within =
        |name: &str, count: u32| format!("({years} * {count} + {} - {})", field(name, &second), field(name, &first));
    let seconds = |width: u32| {
        let floor = |value: &str| format!("date_part('epoch', date_trunc('{part}', cast({value} as timestamp)))");
        format!("(({} - {}) / {width})", floor(&second), floor(&first))
    };
    let count = match part.as_str() {
        "year" => years,
        "quarter" => within("quarter", 4),
        "month" => within("month", 12),
        "week" => seconds(604_800),
        "day" => seconds(86_400),
        "hour" => seconds(3600),
        "minute" => seconds(60),
        "second" => seconds(1),
        _ => {
            return Err(Raise::plain(format!(
                "`datediff` counts years, quarters, months, weeks, days, hours, minutes or seconds, not `{part}`"
            )));
        }
    };
    Ok(Value::from(format!("cast({count} as bigint)")))
}

fn last_day(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [date, part] = args.bind("dbt.last_day", ["date", "datepart"], 2)?;
    let (date, part) = (text(date), text(part));
    let (factor, unit) = unit(&part);
    Ok(Value::from(format!(
        "cast(date_trunc('{part}', {date}) + interval '{factor} {unit}' - interval '1 day' as date)"
    )))
}

fn date(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [year, month, day] = args.bind("dbt.date", ["year", "month", "day"], 3)?;
    let [year, month, day] = [year, month, day].map(|part| part.and_then(|part| part.as_int()).unwrap_or(0));
    Ok(Value::from(format!("cast('{year:04}-{month:02}-{day:02}' as date)")))
}

/// One row for each step from the first date up to, but without, the last.
fn date_spine(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [part, start, end] = args.bind("date_spine", ["datepart", "start_date", "end_date"], 3)?;
    let part = text(part);
    let (factor, unit) = unit(&part);
    let (start, end) = (text(start), text(end));
    Ok(Value::from(format!(
        "(select value as date_{part} from range(cast({start} as timestamp), cast({end} as timestamp), interval '{factor} {unit}'))"
    )))
}
