with guests as (

    select * from {{ ref('stg_guests') }}

),

visits as (

    select * from {{ ref('stg_visits') }}

),

bills as (

    select * from {{ ref('stg_bills') }}

),

by_visit as (

    select
        guest_id,
        min(visited_on) as first_visit,
        max(visited_on) as last_visit,
        count(visit_id) as visit_count
    from visits
    group by guest_id

),

by_bill as (

    select visits.guest_id, sum(amount) as spent
    from bills
    left join visits on bills.visit_id = visits.visit_id
    group by visits.guest_id

)

select
    guests.guest_id,
    guests.given_name,
    guests.family_name,
    by_visit.first_visit,
    by_visit.last_visit,
    by_visit.visit_count,
    by_bill.spent as lifetime_value
from guests
left join by_visit on guests.guest_id = by_visit.guest_id
left join by_bill on guests.guest_id = by_bill.guest_id
