{%- set units = values_of(ref('readings'), 'unit') -%}
select
    sensor
    {%- for unit in units %},
    sum(case when unit = '{{ unit }}' then value end) as {{ unit }}_sum
    {%- endfor %}
from {{ ref('readings') }}
group by sensor
