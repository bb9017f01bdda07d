web_count = 1
image_id  = "m-bp1placeholder000web"
