select
    day as date_day,
    cast(date_part('year', day) as int) as year,
    cast(date_part('month', day) as int) as month,
    cast(date_part('isodow', day) as int) as weekday,
    date_part('isodow', day) >= 6 as is_weekend,
    cast(date_trunc('week', day) as date) as week_start,
    cast(date_trunc('month', day) as date) as month_start
from day_spine(date '{{ var("calendar_from") }}', date '{{ var("calendar_to") }}')
