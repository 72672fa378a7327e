"""lightningstor beside SeaweedFS, rclone and moto: the workloads of its specification, ratios as the result.

`servers` starts ours and the peers on loopback, `clients` drives them (wrk with presigned URLs, boto3 for large
bodies), `workloads` lists what is measured, `report` prints and stores it, `plot` draws throughput against size.
"""
