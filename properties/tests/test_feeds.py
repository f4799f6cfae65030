from decimal import Decimal

import pytest

from properties.feeds import RowError, listing_of, usual_city

pytestmark = [pytest.mark.any_product, pytest.mark.any_databases]

ROW = {
    "id": "42",
    "name": "Loft by the park",
    "description": "Bright.<br />Close to the metro &amp; shops.",
    "property_type": "Entire loft",
    "room_type": "Entire home/apt",
    "accommodates": "4",
    "bathrooms": "",
    "bathrooms_text": "1.5 baths",
    "bedrooms": "2",
    "amenities": '["Wifi", "Pets allowed", "Free washer \\u2013 In unit"]',
    "price": "$1,250.00",
    "latitude": "59.314190000000004",
    "longitude": "18.06",
    "neighbourhood": "Stockholm, Sweden",
    "neighbourhood_cleansed": "Södermalms",
}


def listing(**cells):
    return listing_of(ROW | cells, source="feed", currency="SEK", city="Stockholm")


def test_a_row_becomes_a_listing():
    found = listing()
    assert (found.source, found.external_id, found.title) == ("feed", "42", "Loft by the park")
    assert found.description == "Bright.\nClose to the metro & shops."
    assert (found.type, found.transaction, found.status) == ("apartment", "rent", "published")
    assert (found.price, found.currency) == (Decimal("1250.00"), "SEK")
    assert (found.bedrooms, found.bathrooms, found.max_guests) == (2, Decimal("1.5"), 4)
    assert (found.city, found.district) == ("Stockholm", "Södermalms")
    assert found.amenities[:3] == ["wifi", "washing machine", "pet friendly"]
    assert "Pets allowed" in found.amenities


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"price": ""}, "price", None),
        ({"price": "$944.00"}, "price", Decimal(944)),
        ({"price": "1 kr"}, "price", RowError),
        ({"price": "$12,34"}, "price", RowError),
        ({"price": "-$5.00"}, "price", RowError),
        ({"bedrooms": ""}, "bedrooms", None),
        ({"bedrooms": "0"}, "bedrooms", 0),
        ({"bedrooms": "1.5"}, "bedrooms", RowError),
        ({"bedrooms": "many"}, "bedrooms", RowError),
        ({"bedrooms": "-1"}, "bedrooms", RowError),
        ({"accommodates": "NaN"}, "accommodates", RowError),
        ({"accommodates": ""}, "max_guests", None),
        ({"accommodates": "0"}, "max_guests", None),
        ({"price": "$0.00"}, "price", None),
        ({"bathrooms": "2.0"}, "bathrooms", Decimal(2)),
        ({"bathrooms_text": "Half-bath"}, "bathrooms", Decimal("0.5")),
        ({"bathrooms_text": "2 shared baths"}, "bathrooms", Decimal(2)),
        ({"bathrooms_text": ""}, "bathrooms", None),
        ({"property_type": "Private room in villa"}, "type", "room"),
        ({"property_type": "Entire villa"}, "type", "villa"),
        ({"property_type": "Entire townhouse"}, "type", "townhouse"),
        ({"property_type": "Entire condo"}, "type", "condo"),
        ({"property_type": "Entire rental unit"}, "type", "apartment"),
        ({"property_type": "Entire serviced apartment"}, "type", "apartment"),
        ({"property_type": "Entire home"}, "type", "house"),
        ({"property_type": "Tiny home"}, "type", "house"),
        ({"property_type": "Boat"}, "type", "other"),
        ({"property_type": "", "room_type": "Hotel room"}, "type", "room"),
        ({"amenities": ""}, "amenities", []),
        ({"amenities": "[]"}, "amenities", []),
        ({"amenities": "pool"}, "amenities", RowError),
        ({"amenities": "[1]"}, "amenities", RowError),
        ({"amenities": '{"pool": 1}'}, "amenities", RowError),
        ({"latitude": ""}, "latitude", None),
        ({"latitude": "91"}, "latitude", RowError),
        ({"latitude": "nan"}, "latitude", RowError),
        ({"longitude": "east"}, "longitude", RowError),
        ({"id": " "}, "id", RowError),
        ({"id": "9" * 101}, "id", RowError),
        ({"name": "<br>"}, "name", RowError),
        ({"name": "=cmd|' /C calc'!A0"}, "title", "=cmd|' /C calc'!A0"),
        ({"name": "n" * 300}, "title", "n" * 200),
        ({"description": "d" * 20_001}, "description", RowError),
    ],
)
def test_cells(cells, field, value):
    if value is RowError:
        with pytest.raises(RowError) as caught:
            listing(**cells)
        assert caught.value.field == field
    else:
        assert getattr(listing(**cells), field) == value


@pytest.mark.parametrize(
    ("neighbourhoods", "city"),
    [
        (["Stockholm, Sweden", "", "Kista, Sweden", "Stockholm , Stockholms län"], "Stockholm"),
        (["", ""], ""),
        ([], ""),
    ],
)
def test_the_city_is_what_most_rows_say(neighbourhoods, city):
    assert usual_city(neighbourhoods) == city
