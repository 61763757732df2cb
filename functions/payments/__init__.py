"""The payments function: creates and reads payments, on whichever side takes traffic."""
