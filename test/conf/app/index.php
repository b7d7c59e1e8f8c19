<?php
error_log("seen by php");
echo "php answers ", $_SERVER["REQUEST_URI"];
