web_count = 1
image_id  = "m-bp1web00000000000002"
