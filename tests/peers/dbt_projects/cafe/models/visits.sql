{%- set ways_to_pay = ['cash', 'card', 'voucher', 'invoice'] %}
with totals as (

    select
        visit_id,
        {%- for way in ways_to_pay %}
        sum(case when paid_by = '{{ way }}' then amount else 0 end) as {{ way }}_amount,
        {%- endfor %}
        sum(amount) as amount
    from {{ ref('stg_bills') }}
    group by visit_id

)

select
    visits.visit_id,
    visits.guest_id,
    visits.visited_on,
    visits.state,
    {%- for way in ways_to_pay %}
    totals.{{ way }}_amount,
    {%- endfor %}
    totals.amount
from {{ ref('stg_visits') }} as visits
left join totals on visits.visit_id = totals.visit_id
