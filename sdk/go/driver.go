package sqlrite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// DriverName is the name under which the driver is registered with database/sql.
const DriverName = "sqlrite"

func init() { sql.Register(DriverName, &Driver{}) }

// Driver makes connections for database/sql.
type Driver struct{}

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.DriverContext = (*Driver)(nil)
	_ driver.Connector     = (*connector)(nil)
)

// Open opens one connection; database/sql calls OpenConnector instead.
func (d *Driver) Open(name string) (driver.Conn, error) {
	c, err := d.OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector reads a data source name, as the package's documentation describes it.
func (d *Driver) OpenConnector(name string) (driver.Connector, error) {
	config, err := parseName(name)
	if err != nil {
		return nil, err
	}
	return &connector{driver: d, config: config}, nil
}

// connector opens the connections of one pool.
type connector struct {
	driver *Driver
	config *config
	err    error // of reading the name, told by every Connect
}

func (c *connector) Driver() driver.Driver { return c.driver }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.err != nil {
		return nil, c.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	handle, err := openHandle(c.config.path, c.config.mode, c.config.busyTimeoutMs)
	if err != nil {
		return nil, err
	}
	opened := &conn{handle: handle, config: c.config, cache: statementCache{limit: c.config.statementCacheSize}}
	for _, pragma := range c.config.pragmas {
		if err := opened.command(ctx, "open", "PRAGMA "+pragma); err != nil {
			opened.Close()
			return nil, err
		}
	}
	return opened, nil
}

// OpenReadOnly is a pool of connections that read an existing file and never change it. name is a data source name. What
// is wrong with it is told by the first use, as with sql.Open.
func OpenReadOnly(name string) *sql.DB {
	config, err := parseName(name)
	if err == nil {
		config.mode = openReadOnly
	}
	return sql.OpenDB(&connector{driver: &Driver{}, config: config, err: err})
}
