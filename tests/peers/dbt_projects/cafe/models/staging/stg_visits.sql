with raw as (

    {#- A real project would read a source here: the seeds stand in for it. -#}
    select * from {{ ref('raw_visits') }}

)

select
    id as visit_id,
    guest as guest_id,
    visited_on,
    state
from raw
