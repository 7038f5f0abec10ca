$ TOKEN=hush-assigned
curl 'https://staging.shop.example/search?q=blue%20shirt' -H 'accept: text/html' -b 'session=hush-cookie; theme=dark' --compressed
curl 'https://staging.shop.example/login' \
  -X POST \
  -H 'content-type: application/x-www-form-urlencoded' \
  --data-raw $'user=anna&password=hush\u0021form&note=it\'s'
curl -sSL -u deploy:hush-login --json '{"qty": 2, "pin": 4711, "name": "{{x}}"}' "https://staging.shop.example/api/cart" -H "Authorization: Bearer $TOKEN" | jq .
curl -G https://staging.shop.example/items --data-urlencode 'tag=a b&c' -d page=2 --wibble -A tester -e https://staging.shop.example/
curl -F 'name=Anna' -F 'photo=@testdata/cart.json;type=image/jpeg' --resolve staging.shop.example:443:10.0.0.7 https://staging.shop.example/upload -k
