package weather

// place is where a station stands.
type place struct {
	state string // two letters, as the post spells it, lower case
	city  string // the state's largest
	mean  float64
}

// places returns the fifty states with the mean annual temperature of the state
// in degrees Fahrenheit, rounded.
func places() []place {
	return []place{
		{"al", "Huntsville", 63}, {"ak", "Anchorage", 27}, {"az", "Phoenix", 60}, {"ar", "Little Rock", 60},
		{"ca", "Los Angeles", 59}, {"co", "Denver", 45}, {"ct", "Bridgeport", 49}, {"de", "Wilmington", 55},
		{"fl", "Jacksonville", 71}, {"ga", "Atlanta", 64}, {"hi", "Honolulu", 70}, {"id", "Boise", 44},
		{"il", "Chicago", 52}, {"in", "Indianapolis", 52}, {"ia", "Des Moines", 48}, {"ks", "Wichita", 54},
		{"ky", "Louisville", 56}, {"la", "New Orleans", 66}, {"me", "Portland", 41}, {"md", "Baltimore", 54},
		{"ma", "Boston", 48}, {"mi", "Detroit", 44}, {"mn", "Minneapolis", 41}, {"ms", "Jackson", 63},
		{"mo", "Kansas City", 55}, {"mt", "Billings", 43}, {"ne", "Omaha", 49}, {"nv", "Las Vegas", 50},
		{"nh", "Manchester", 44}, {"nj", "Newark", 53}, {"nm", "Albuquerque", 53}, {"ny", "New York", 45},
		{"nc", "Charlotte", 59}, {"nd", "Fargo", 40}, {"oh", "Columbus", 51}, {"ok", "Oklahoma City", 60},
		{"or", "Portland", 48}, {"pa", "Philadelphia", 49}, {"ri", "Providence", 50}, {"sc", "Charleston", 62},
		{"sd", "Sioux Falls", 45}, {"tn", "Nashville", 58}, {"tx", "Houston", 65}, {"ut", "Salt Lake City", 49},
		{"vt", "Burlington", 43}, {"va", "Virginia Beach", 55}, {"wa", "Seattle", 48}, {"wv", "Charleston", 52},
		{"wi", "Milwaukee", 43}, {"wy", "Cheyenne", 42},
	}
}
