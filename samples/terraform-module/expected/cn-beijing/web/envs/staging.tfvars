web_count = 1
image_id  = "m-2zeweb00000000000002"
