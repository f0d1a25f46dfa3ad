{% test never_both(model, one, other) %}
    select * from {{ model }} where {{ one }} is not null and {{ other }} is not null
{% endtest %}
