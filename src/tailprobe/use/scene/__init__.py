"""Large scenes: tiles of a GeoTIFF, their scores, and the map made of them; extra `tailprobe[geotiff]`."""
