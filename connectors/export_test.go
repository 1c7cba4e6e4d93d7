package connectors

// RememberedNames is how many answers a Mapper holds.
func RememberedNames(m *Mapper) (n int) {
	m.known.Range(func(any, any) bool { n++; return true })
	return n
}
