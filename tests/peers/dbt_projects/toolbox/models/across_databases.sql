select
    id,
    cast(id as {{ dbt.type_string() }}) as id_text,
    cast(id as {{ dbt.type_bigint() }}) as id_big,
    {{ dbt.concat(["sensor", "'-'", "unit"]) }} as both_names,
    cast({{ dbt.date_trunc('month', 'measured_at') }} as date) as month,
    cast({{ dbt.dateadd('day', 3, 'measured_at') }} as timestamp) as three_days_on,
    {{ dbt.datediff("cast('2025-01-01' as timestamp)", 'measured_at', 'day') }} as days_in,
    {{ dbt.safe_cast("'12'", api.Column.translate_type("integer")) }} as a_dozen,
    {{ dbt.split_part("unit", "'c'", 1) }} as before_c,
    {{ dbt.hash("unit") }} as hashed,
    {{ dbt.length("unit") }} as unit_length,
    {{ dbt.position("'e'", "unit") }} as place_of_e,
    {{ dbt.replace("unit", "'e'", "'3'") }} as replaced
from {{ ref('readings') }}
