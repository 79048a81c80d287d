"""Fills the shop: three categories with six products each, and two customers, one of whom has two addresses and two
wish lists."""

import os
import shutil
from decimal import Decimal
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django  # noqa: E402

django.setup()

import oscar  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from oscar.apps.address.models import Country, UserAddress  # noqa: E402
from oscar.apps.catalogue.categories import create_from_breadcrumbs  # noqa: E402
from oscar.apps.catalogue.models import Product, ProductCategory, ProductClass  # noqa: E402
from oscar.apps.partner.models import Partner, StockRecord  # noqa: E402
from oscar.apps.wishlists.models import WishList  # noqa: E402

CATEGORIES = {
    "Lamps": ["Desk lamp", "Floor lamp", "Bedside lamp", "Paper lantern", "Reading lamp", "Night light"],
    "Chairs": ["Rocking chair", "Kitchen chair", "Armchair", "Folding chair", "Bar stool", "Bench"],
    "Tables": ["Dining table", "Side table", "Writing desk", "Workbench", "Tea table", "Card table"],
}

media = Path(settings.MEDIA_ROOT)
media.mkdir(parents=True, exist_ok=True)
missing = Path(oscar.__file__).parent / "static/oscar/img/image_not_found.jpg"
shutil.copy(missing, media / "image_not_found.jpg")

country = Country.objects.create(
    iso_3166_1_a2="GB", iso_3166_1_a3="GBR", iso_3166_1_numeric="826", printable_name="United Kingdom",
    name="United Kingdom", display_order=1, is_shipping_country=True,
)
kind = ProductClass.objects.create(name="Furniture", track_stock=True)
partner = Partner.objects.create(name="Warehouse", code="warehouse")
number = 0
for name, titles in CATEGORIES.items():
    category = create_from_breadcrumbs(name)
    for title in titles:
        number += 1
        product = Product.objects.create(product_class=kind, title=title, upc=f"A{number:04}", description=f"<p>{title}, made of wood.</p>")
        ProductCategory.objects.create(product=product, category=category)
        StockRecord.objects.create(
            product=product, partner=partner, partner_sku=f"W{number:04}", price=Decimal(10 * number), num_in_stock=100, price_currency="GBP",
        )

for first, email in [("Ada", "ada@example.org"), ("Ben", "ben@example.org")]:
    User.objects.create_user(first.lower(), email, "correct horse battery", first_name=first, last_name="Miller")
ada = User.objects.get(username="ada")
for line, is_default in [("1 Mill Lane", True), ("2 Bridge Street", False)]:
    UserAddress.objects.create(
        user=ada, first_name="Ada", last_name="Miller", line1=line, line4="London", postcode="N1 9GU", country=country,
        is_default_for_shipping=is_default, is_default_for_billing=is_default,
    )
for name in ["Birthday", "Kitchen"]:
    WishList.objects.create(owner=ada, name=name)
